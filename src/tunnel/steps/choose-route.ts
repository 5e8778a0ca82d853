import {fail} from '../../core/errors.js'
import {bastionText} from '../../core/grammars.js'
import type {AwsApi} from '../../core/ports/aws.js'
import {databaseKind} from '../../databases/kind-of.js'
import type {Target} from '../../targets/target.js'
import {type Discovery, findBastions} from '../discovery/discover.js'
import {localEndAt, usualLocalEnd} from '../listener/choose-port.js'
import type {LocalEnd} from '../listener/listener.js'
import {recordRun, type RunRecord} from '../registry/record-run.js'
import type {FoundDatabase} from './find-database.js'
import type {Step} from './step.js'

export interface ChosenRoute extends FoundDatabase {
  readonly localEnd: LocalEnd
  readonly discovery: Discovery
  readonly record: RunRecord
  /** With every session noted in the state folder. */
  readonly aws: AwsApi
}

/** On the port that the database has each time. A socket has one that is only a part of its name. */
async function localEndFor(target: Target, {request, ports, logins, run}: FoundDatabase): Promise<LocalEnd> {
  if (!logins) return usualLocalEnd(target, ports, run)
  const {autoLogin, label} = databaseKind(target.databaseKind)
  if (!autoLogin) {
    throw fail('USAGE', `dbtunnel does not log in to ${label} by itself.`, {hint: 'Leave --auto-login out.'})
  }
  const behind = {...ports, listen: logins}
  return request.settings.tcp ? usualLocalEnd(target, behind, run) : localEndAt(autoLogin.socket.port, behind, run)
}

/** Which bastions lead to the database, the best first; and the local port. */
export const chooseRoute: Step<FoundDatabase, ChosenRoute> = {
  title: 'Bastion',
  async run(before) {
    const {described, request, ports, run} = before
    const {command, name, settings} = request
    const localEnd = before.localEnd ?? (await localEndFor(described.target, before))
    const record = recordRun({command, target: name.text, localPort: localEnd.port, settings}, ports, run)
    const aws = {...ports.aws, ssm: record.ssm}
    const discovery = 'bastions' in described ? described : await findBastions(described, request, aws, run)
    return {...before, localEnd, discovery, record, aws}
  },
  detail: ({
    discovery: {
      bastions: [first],
    },
  }) => (first ? bastionText(first) : ''),
}
