import {fail} from '../core/errors.js'
import type {LocalSocket, ProbeOutcome, ProbeRequest} from '../core/ports/network.js'
import type {Ports} from '../core/ports/ports.js'
import type {Link} from './link.js'

/** The agent takes connections a moment after the channel is up; until then they are closed at once. */
const ATTEMPTS = 3
const PAUSE_MS = 300
/** A connection that lives longer was passed on, and failed further away. */
const AT_ONCE_MS = 1000

export type DatabasePorts = Pick<Ports, 'prober' | 'listen' | 'clock'>

/** How far the way to the database is known to reach. */
export interface Reach {
  /** Whether something has come from the database. */
  isHeard: () => boolean
  /** Whether the agent has got a connection to it. */
  isConnected: boolean
}

/**
 * Probes until the database has answered, one way or another. `closed` is final
 * when the agent reports a failed connection, when it took a while, or after a second or so.
 * Rejects with the session's own error when it ends meanwhile, or `signal`'s reason.
 */
export async function awaitDatabase(
  session: Link,
  request: Omit<ProbeRequest, 'port' | 'timeoutMs'>,
  timeLeft: () => number,
  ports: DatabasePorts,
  signal: AbortSignal,
  reach?: Reach,
): Promise<ProbeOutcome> {
  const failedBefore = session.failedDials?.() ?? 0
  for (let attempt = 1; ; attempt++) {
    const startedAt = ports.clock.now()
    const outcome = await whileOpen(
      session,
      (stop) => ask(session, {...request, timeoutMs: timeLeft()}, ports, stop, reach),
      signal,
    )
    if (outcome.kind !== 'closed') return outcome
    const wasAtOnce = ports.clock.now() - startedAt < AT_ONCE_MS
    // Also for the case that the session itself has ended: then its own error says more.
    await whileOpen(session, (stop) => ports.clock.sleep(PAUSE_MS, stop), signal)
    if (attempt === ATTEMPTS || !wasAtOnce || (session.failedDials?.() ?? 0) > failedBefore) return outcome
  }
}

/** By a way of its own, as clients go, for it has to be known before they do: a port for this one connection. */
async function ask(
  session: Link,
  request: Omit<ProbeRequest, 'port'>,
  {listen, prober}: DatabasePorts,
  stop: AbortSignal,
  reach: Reach | undefined,
): Promise<ProbeOutcome> {
  const sockets: LocalSocket[] = []
  const listener = await listen.listen(0, (socket) => {
    sockets.push(socket)
    session.accept(socket)
  })
  if (reach) reach.isHeard = () => sockets.some(({bytesWritten}) => bytesWritten > 0)
  try {
    return await prober.probe({...request, port: listener.port}, stop)
  } finally {
    listener.stop()
  }
}

async function whileOpen<T>(session: Link, work: (stop: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  const over = new AbortController()
  const ended = session.closed.then(({error}) => {
    throw error ?? fail('TUNNEL_LOST', 'The session was closed.')
  })
  try {
    return await Promise.race([work(AbortSignal.any([signal, over.signal])), ended])
  } finally {
    over.abort()
  }
}
