import {type DataPlane} from '../data-plane.js'
import {type SessionRegistry} from '../sessions.js'
import {type JsonAction} from './json-service.js'
import {describeInstanceInformation} from './ssm-inventory.js'
import {sessionActions} from './ssm-sessions.js'

export function ssmActions(sessions: SessionRegistry, dataPlane: DataPlane): Readonly<Record<string, JsonAction>> {
  return {DescribeInstanceInformation: describeInstanceInformation, ...sessionActions(sessions, dataPlane)}
}
