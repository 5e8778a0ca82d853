import {bastionText} from '../../core/grammars.js'
import type {AwsApi} from '../../core/ports/aws.js'
import {type Discovery, findBastions} from '../discovery/discover.js'
import {usualLocalEnd} from '../listener/choose-port.js'
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

/** Which bastions lead to the database, the best first; and the local port. */
export const chooseRoute: Step<FoundDatabase, ChosenRoute> = {
  title: 'Bastion',
  async run(before) {
    const {described, request, ports, run} = before
    const {command, name, settings} = request
    const localEnd = before.localEnd ?? (await usualLocalEnd(described.target, ports, run))
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
