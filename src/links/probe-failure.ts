import type {Bastion} from '../bastions/bastion.js'
import {databaseKind} from '../databases/kind-of.js'
import {letIn} from '../bastions/reachability.js'
import {type DbtunnelError, fail} from '../core/errors.js'
import {nodeName} from '../core/grammars.js'
import type {ProbeOutcome} from '../core/ports/network.js'
import type {Target} from '../targets/target.js'

/** `why` is one sentence. */
export function unreachable(target: Target, bastion: Bastion, why: string, cause?: unknown): DbtunnelError {
  return fail('DATABASE_UNREACHABLE', `Bastion ${nodeName(bastion)} cannot reach ${addressOf(target)}. ${why}`, {
    hint: letIn(target),
    cause,
  })
}

/** What is known beside the outcome. */
export interface Seen {
  /** How many connections the agent says have failed. */
  readonly failedDials: number
  /** Whether the agent has a connection to the database. */
  readonly isConnected?: boolean | undefined
}

/** What it means that the database did not answer as it should. */
export function probeFailure(
  outcome: Exclude<ProbeOutcome, {kind: 'answered'}>,
  target: Target,
  bastion: Bastion,
  {failedDials, isConnected = false}: Seen,
): DbtunnelError {
  const {host} = target.endpoint
  switch (outcome.kind) {
    case 'closed':
      return unreachable(
        target,
        bastion,
        failedDials > 0
          ? 'The SSM agent there says that the connection failed.'
          : 'The connection was closed before the database answered.',
      )
    case 'silent':
      return fail('TIMEOUT', `${addressOf(target)} gave no answer through bastion ${nodeName(bastion)} in time.`, {
        hint: isConnected
          ? 'It has taken the connection: it may be busy, or waking from a pause. Try again with more time: --timeout 2m'
          : `Try again with more time: --timeout 2m. If a security group drops the packets, allow the bastion:\n${letIn(target)}`,
      })
    case 'clear':
      return fail('PROTOCOL', `${addressOf(target)} answered, but offers no TLS.`, {
        hint: `dbtunnel sends no password unencrypted. Check that a ${databaseKind(target.databaseKind).label} server listens there.`,
      })
    case 'untrusted':
      return fail('TLS_IDENTITY', `${host} did not prove its identity: ${outcome.reason}.`, {
        hint: 'No password was sent. If the server uses a private or newer CA: --ca-bundle FILE',
      })
  }
}

function addressOf({endpoint}: Target): string {
  return `${endpoint.host}:${endpoint.port}`
}
