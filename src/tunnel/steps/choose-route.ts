import {bastionText} from '../../core/grammars.js'
import type {AwsApi} from '../../core/ports/aws.js'
import {type Discovery, findWay} from '../discovery/discover.js'
import {usualDoor} from '../listener/choose-port.js'
import type {Door} from '../listener/listener.js'
import {openRegister, type Register} from '../registry/record-run.js'
import type {FoundDatabase} from './find-database.js'
import type {Step} from './step.js'

export interface ChosenRoute extends FoundDatabase {
  readonly door: Door
  readonly discovery: Discovery
  readonly register: Register
  /** With every session noted in the state folder. */
  readonly aws: AwsApi
}

/** Which bastions lead to the database, the best first; and the local port. */
export const chooseRoute: Step<FoundDatabase, ChosenRoute> = {
  title: 'Bastion',
  async run(before) {
    const {described, request, ports, run} = before
    const {command, name, settings} = request
    const door = before.door ?? (await usualDoor(described.target, ports, run))
    const register = openRegister({command, target: name.text, localPort: door.port, settings}, ports, run)
    const aws = {...ports.aws, ssm: register.ssm}
    const discovery = 'bastions' in described ? described : await findWay(described, request, aws, run)
    return {...before, door, discovery, register, aws}
  },
  detail: ({
    discovery: {
      bastions: [first],
    },
  }) => (first ? bastionText(first) : ''),
}
