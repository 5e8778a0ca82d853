import {databaseKind} from '../databases/kind-of.js'
import {signToken} from '../databases/sign-token.js'
import type {ProbeAnswer} from '../databases/database-kind.js'
import type {SigningApi} from '../core/ports/aws.js'
import type {Conversation, ProbeLine} from '../core/ports/network.js'
import type {AccountPorts} from '../core/ports/ports.js'
import type {Run} from '../core/run.js'
import {type PartOfStack, partOf} from '../core/teardown.js'
import type {Target} from '../targets/target.js'
import {openSession, proveDatabase, type SessionPorts} from '../links/session/open-session.js'
import type {Link, Carrier} from '../links/link.js'
import {
  databaseOf,
  describe,
  type Discovery,
  type DiscoveryRequest,
  findBastions,
  userOf,
} from './discovery/discover.js'
import {reachabilityAdvice} from '../bastions/reachability.js'

/** A verified session, and what it was opened on. */
export interface OpenedSession {
  readonly discovery: Discovery
  readonly session: Link
  /** PEM certificates of the authorities that the database was verified with. */
  readonly authorities: string
  /** What the session has taken; it can be undone when there is another one. */
  readonly taken: Pick<PartOfStack, 'undo'>
}

/** How one database is found and reached, as often as it takes. */
export interface Connector {
  /** Asks AWS. */
  discover(run: Run): Promise<Discovery>
  /** Opens a verified session within `timeoutMs`; what it takes is on the undo stack of `run`. */
  open(discovery: Discovery, timeoutMs: number, run: Run): Promise<OpenedSession>
  /** Asks the database through an open session. Rejects when it does not answer as it should. */
  prove(opened: OpenedSession, timeoutMs: number, run: Pick<Run, 'signal' | 'say'>): Promise<void>
}

export function makeConnector(
  request: DiscoveryRequest,
  carriers: readonly Carrier[],
  trust: (target: Target) => Promise<string>,
  given: Pick<AccountPorts, 'aws' | 'clock' | 'listen' | 'prober'>,
): Connector {
  const {aws, clock} = given
  const ports: SessionPorts = {
    ...given,
    adviceOn: (target, bastion, signal) => reachabilityAdvice(target, bastion, aws, signal),
  }
  const question = (discovery: Discovery, timeoutMs: number) => ({
    target: discovery.target,
    settings: {...request.settings, timeoutMs},
    talk: talkOf(request, discovery, aws.signing),
  })
  return {
    discover: async (run) => findBastions(await describe(request, aws, run), request, aws, run),
    async open(discovery, timeoutMs, run) {
      const {target, bastions} = discovery
      const authorities = await trust(target)
      const taken = partOf(run.undo)
      const asked = {...question(discovery, timeoutMs), authorities, bastions, carriers}
      const session = await openSession(asked, ports, {...run, undo: taken})
      return {discovery, session, authorities, taken}
    },
    async prove({discovery, session, authorities}, timeoutMs, run) {
      const deadline = clock.now() + timeoutMs
      const timeLeft = (): number => Math.max(deadline - clock.now(), 1)
      await proveDatabase(session, {...question(discovery, timeoutMs), authorities}, timeLeft, ports, run)
    },
  }
}

/** What a probe says to this database, which logs in only where its kind has to. Rejects as `explainRefusal` when it is not let in. */
function talkOf(...asked: Parameters<typeof probeOf>): Conversation {
  const probe = probeOf(...asked)
  const [request, discovery] = asked
  return async (line) => {
    const answer = await probe(line)
    if (typeof answer === 'string') return answer
    if (answer.kind === 'in') return 'answered'
    const {target, caller} = discovery
    const attempt = {user: userOf(request, discovery), caller, ...target}
    throw databaseKind(target.databaseKind).explainRefusal(answer, attempt)
  }
}

/** The probe of this database's kind, as the user that a client would be. */
export function probeOf(
  request: Pick<DiscoveryRequest, 'settings'>,
  discovery: Pick<Discovery, 'target' | 'caller'>,
  signing: SigningApi,
): (line: ProbeLine) => Promise<ProbeAnswer> {
  const {endpoint, region, databaseKind: kind} = discovery.target
  const user = userOf(request, discovery)
  const login = {
    user,
    database: databaseOf(request, discovery),
    token: () => signToken({endpoint, region, user}, signing),
  }
  return (line) => databaseKind(kind).probe(line, login)
}
