import {type DataPlane} from '../data-plane.js'
import {type SessionRegistry} from '../sessions.js'
import {type Call} from './call.js'
import {type JsonInput} from './json-input.js'
import {describeInstanceInformation} from './ssm-inventory.js'
import {sessionActions} from './ssm-sessions.js'

/** One action of Systems Manager: its answer, as JSON. Throws an AwsFault. */
export type JsonAction = (input: JsonInput, call: Call) => object

export function ssmActions(sessions: SessionRegistry, dataPlane: DataPlane): Readonly<Record<string, JsonAction>> {
  return {DescribeInstanceInformation: describeInstanceInformation, ...sessionActions(sessions, dataPlane)}
}
