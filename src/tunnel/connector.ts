import type {DatabaseEngine} from '../databases/database-kind.js'
import {engineOf} from '../databases/kinds.js'
import {fail} from '../core/errors.js'
import type {AwsApi} from '../core/ports/aws.js'
import type {Run} from '../core/run.js'
import {type PartOfStack, partOf} from '../core/teardown.js'
import type {Target} from '../targets/target.js'
import {openSession, proveDatabase, type SessionPorts} from '../links/session/open-session.js'
import type {Session, SessionEngine} from '../links/link.js'
import {describe, type Discovery, type DiscoveryRequest, findWay} from './discovery/discover.js'
import {adviceOnPassage} from '../bastions/reachability.js'

/** A verified session, and what it was opened on. */
export interface OpenedSession {
  readonly discovery: Discovery
  readonly session: Session
  /** PEM certificates of the authorities that the database was verified with. */
  readonly authorities: string
  /** What the session has taken; it can be undone when there is another one. */
  readonly taken: Pick<PartOfStack, 'undo'>
}

/** How one database is found and reached, as often as it takes. */
export interface SessionWays {
  /** Asks AWS. */
  discover(run: Run): Promise<Discovery>
  /** Opens a verified session within `timeoutMs`; what it takes is on the undo stack of `run`. */
  open(discovery: Discovery, timeoutMs: number, run: Run): Promise<OpenedSession>
  /** Asks the database through an open session. Rejects when it does not answer as it should. */
  prove(opened: OpenedSession, timeoutMs: number, run: Pick<Run, 'signal' | 'say'>): Promise<void>
}

export function sessionWays(
  request: DiscoveryRequest,
  engines: readonly SessionEngine[],
  trust: (target: Target) => Promise<string>,
  given: Omit<SessionPorts, 'adviceOn'> & {readonly aws: AwsApi},
): SessionWays {
  const {aws, clock} = given
  const ports: SessionPorts = {
    ...given,
    adviceOn: (target, bastion, signal) => adviceOnPassage(target, bastion, aws, signal),
  }
  const within = (timeoutMs: number) => ({...request.settings, timeoutMs})
  return {
    discover: async (run) => findWay(await describe(request, aws, run), request, aws, run),
    async open(discovery, timeoutMs, run) {
      const {target, bastions} = discovery
      const authorities = await trust(target)
      const taken = partOf(run.undo)
      const question = {target, settings: within(timeoutMs), authorities, preamble: preambleOf(target)}
      const session = await openSession({...question, bastions, engines}, ports, {...run, undo: taken})
      return {discovery, session, authorities, taken}
    },
    async prove({discovery: {target}, session, authorities}, timeoutMs, run) {
      const deadline = clock.now() + timeoutMs
      const timeLeft = (): number => Math.max(deadline - clock.now(), 1)
      const question = {target, settings: within(timeoutMs), authorities, preamble: preambleOf(target)}
      await proveDatabase(session, question, timeLeft, ports, run)
    },
  }
}

export function preambleOf(target: Target): DatabaseEngine['preamble'] {
  const engine = engineOf(target.engine)
  if (!engine) throw fail('INTERNAL', `No engine is called ${target.engine}.`)
  return engine.preamble
}
