import {partitionOf} from '../../core/partitions.js'
import type {LeftSessions} from '../../core/ports/aws.js'
import type {Say} from '../../core/run.js'
import type {RecordedAccount} from '../../core/results/tunnel-record.js'
import {connect} from './connection.js'
import {settingsScope} from './scope.js'
import {ssmApi} from './ssm.js'

/**
 * Systems Manager as an earlier run had asked it, beside this run's own. Without a profile nothing says whose credentials
 * it had: these may be another account's, where nobody knows its sessions.
 */
export function leftSessions(
  {profile, region, endpointUrl, scope}: RecordedAccount,
  say: Pick<Say, 'debug'>,
): LeftSessions {
  // That keys end soon this run's own connection says.
  const quiet = {debug: (line: string) => say.debug(line), notice() {}}
  const endpoint = endpointUrl || `https://ssm.${region}.${partitionOf(region).suffix}`
  return {
    ...ssmApi(connect({profile, region, say: quiet, endpoint}), {isOwn: false}),
    isSameCaller: async () =>
      profile !== undefined || (scope !== undefined && scope === (await settingsScope({profile, region}))),
  }
}
