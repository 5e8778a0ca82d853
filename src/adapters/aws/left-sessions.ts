import type {SsmApi} from '../../core/ports/aws.js'
import type {Say} from '../../core/run.js'
import type {RecordedAccount} from '../../core/tunnel-record.js'
import {connect} from './connection.js'
import {ssmApi} from './ssm.js'

/**
 * Systems Manager as an earlier run had asked it, beside this run's own. Without a profile nothing says whose credentials
 * it had: these may be another account's, where nobody knows its sessions.
 */
export function leftSessions(
  {profile, region, endpointUrl}: RecordedAccount,
  say: Pick<Say, 'debug'>,
): Pick<SsmApi, 'terminateSession'> {
  // That keys end soon this run's own connection says.
  const quiet = {debug: (line: string) => say.debug(line), notice() {}}
  const endpoint = endpointUrl || `https://ssm.${region}.amazonaws.com`
  return ssmApi(connect({profile, region, say: quiet, endpoint}), {isOwn: false})
}
