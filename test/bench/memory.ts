import {existsSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {type Running, start} from '../support/dbtunnel.js'
import {until} from '../support/until.js'
import {atMost, type Part} from './row.js'
import {rssOf} from './rss.js'

const MOST_MIB = {'from the cache': 110, 'after a cold discovery': 150}

export const memory: Part = {
  name: 'memory',
  async measure(sandbox, {restS}) {
    if (!existsSync('/proc/self/status')) return {skipped: 'there is no /proc here'}
    const env = {...sandbox.env(), DBTUNNEL_ENGINE: 'native'}
    const open = async (): Promise<Running> => {
      const running = start(['open', 'prod-db', '--new', '--quiet', '--json'], {env})
      await until('a tunnel', () => running.stdout().includes('\n'))
      return running
    }
    const tunnels = {'after a cold discovery': await open(), 'from the cache': await open()}
    await sleep(restS * 1000)
    const rows = (['from the cache', 'after a cold discovery'] as const).map((way) => {
      const what = `RSS of \`open\`, native, ${restS} s after it is ready, ${way}`
      return atMost(what, rssOf(tunnels[way].child.pid ?? 0), MOST_MIB[way], (mib) => `${mib.toFixed(0)} MiB`)
    })
    for (const {child, ended} of Object.values(tunnels)) {
      child.kill('SIGINT')
      await ended
    }
    return rows
  },
}
