/** AWS's control plane: what tests use of it. */
export {authenticate} from './aws/authenticate.js'
export {createClock} from './aws/clock.js'
export {type ControlPlane, startControlPlane} from './aws/control-plane.js'
export {type Plane, startPlane} from './aws/fixture.js'
export {KeyStore} from './aws/key-store.js'
export {
  type Account,
  type Cluster,
  type Database,
  type Identity,
  type Instance,
  type ManagedNode,
  type SecurityGroup,
} from './aws/model.js'
export {type Policy, type Statement} from './aws/policy.js'
export {sequentialRoundTrips} from './aws/request-log.js'
export {MFA_CODES} from './aws/services/sts.js'
export {type SessionRecord, SessionRegistry} from './aws/sessions.js'
export {refusalOfUpgrade} from './aws/verify-upgrade.js'
