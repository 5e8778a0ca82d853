import {fail} from '../../../core/errors.js'
import {compareVersions} from '../../../core/versions.js'
import {hop, ok} from '../hop.js'

/** As package.json has it. */
const OLDEST_NODE = '20.19.0'

export const node = hop('node', {
  title: 'Node',
  async check(_found, _request, {nodeVersion}) {
    if (compareVersions(nodeVersion, OLDEST_NODE) >= 0) return ok(nodeVersion)
    throw fail('PLATFORM_UNSUPPORTED', `dbtunnel runs on Node ${nodeVersion}, and needs ${OLDEST_NODE} or newer.`, {
      hint: 'Install a current version: https://nodejs.org/',
    })
  },
})
