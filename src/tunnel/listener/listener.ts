import {Wakeup} from '../../core/wakeup.js'
import type {Clock} from '../../core/ports/clock.js'
import type {Listener, ListenPort, LocalSocket} from '../../core/ports/network.js'
import {Answers} from './unanswered.js'
import {type Traffic, TrafficCount} from './traffic.js'

/** Where a connection of a local program is taken to. */
export type Accept = (socket: LocalSocket) => void

/** A program that has waited for so long waits no longer. */
export const MOST_WAIT_MS = 30_000
/** So long a program that has stopped sending may wait for its first answer. One that has gone looks the same. */
const HALF_OPEN_MS = 10_000

export interface LocalEndEvents {
  /** A connection was cut off or never answered: the way may lead nowhere. */
  failed(): void
  /** A connection was closed, for there was no way for too long. */
  dismissed(): void
}

/**
 * The local port of a tunnel, whichever session carries it now. While it leads nowhere, connections wait: of programs
 * that had the port from an earlier run, or because one session is being replaced by another.
 */
export interface LocalEnd {
  readonly port: number
  readonly traffic: Traffic
  /** Connections that wait. */
  readonly waiting: number
  /** Whether a program has asked for something, and heard nothing for `ms` milliseconds; each question counts once. */
  isUnanswered(ms: number): boolean
  /** Whether a program in the midst of sending has sent and heard nothing for `ms` milliseconds; each such silence counts once. */
  isStalled(ms: number): boolean
  /** How many bytes the program that has sent the most has sent without hearing anything. */
  readonly mostUnanswered: number
  watch(events: LocalEndEvents): void
  /**
   * From now on connections to this port of 127.0.0.1 are taken, too, as if they had come to the other. Resolves to what
   * gives it back; connections that are open go on. Rejects with PORT_IN_USE.
   */
  alsoAt(port: number): Promise<() => void>
  /** From now on connections are taken there, those that wait first. */
  lead(accept: Accept): void
  /** From now on connections wait, for half a minute at most. */
  hold(): void
  /**
   * From now on connections are reset at once, and the port is kept: another program that took it would be taken for the
   * database. Those that wait are closed, those under way are their session's.
   */
  shut(): void
  /** Resolves when a connection waits; rejects with the signal's reason. */
  knock(signal: AbortSignal): Promise<void>
  /** Resolves when a connection is open, whether it waits or not; rejects with the signal's reason. */
  visit(signal: AbortSignal): Promise<void>
  /** Gives the port back, for good. Resets all that waits. */
  close(): Promise<void>
}

/** Listens on `port`; 0 takes any free one. Rejects with PORT_IN_USE. */
export async function openLocalEnd(
  port: number,
  {listen, clock}: {readonly listen: ListenPort; readonly clock: Clock},
): Promise<LocalEnd> {
  const traffic = new TrafficCount()
  const answers = new Answers(clock)
  /** Each with what ends its waiting. */
  const waiting = new Map<LocalSocket, AbortController>()
  let accept: Accept | undefined
  let isShut = false
  let events: LocalEndEvents = {failed() {}, dismissed() {}}
  const arrivals = new Wakeup()

  const arrive = (socket: LocalSocket): void => {
    socket.on('error', () => {
      // 'close' follows.
    })
    if (isShut) return void socket.resetAndDestroy()
    traffic.add(socket)
    arrivals.ring()
    if (accept) take(socket, accept)
    else void wait(socket)
  }
  const take = (socket: LocalSocket, to: Accept): void => {
    answers.add(socket)
    closeHalfOpen(socket, clock)
    onFailure(socket, () => events.failed())
    to(socket)
  }
  const wait = async (socket: LocalSocket): Promise<void> => {
    const over = new AbortController()
    waiting.set(socket, over)
    socket.once('close', () => {
      waiting.delete(socket)
      over.abort()
    })
    try {
      await clock.sleep(MOST_WAIT_MS, over.signal)
    } catch {
      return
    }
    waiting.delete(socket)
    dismiss(socket)
    events.dismissed()
  }
  const enter = (to: (socket: LocalSocket) => void): void => {
    for (const [socket, over] of waiting) {
      waiting.delete(socket)
      over.abort()
      to(socket)
    }
  }

  const listener = await listen.listen(port, arrive)
  const others: Listener[] = []
  return {
    port: listener.port,
    get traffic() {
      return traffic.now
    },
    get waiting() {
      return waiting.size
    },
    isUnanswered: (ms) => answers.isOverdue(ms),
    isStalled: (ms) => answers.isStalled(ms),
    get mostUnanswered() {
      return answers.mostUnanswered
    },
    watch: (listeners) => void (events = listeners),
    async alsoAt(second) {
      const other = await listen.listen(second, arrive)
      others.push(other)
      return () => other.stop()
    },
    lead(to) {
      accept = to
      isShut = false
      enter((socket) => take(socket, to))
    },
    hold() {
      accept = undefined
      isShut = false
    },
    shut() {
      accept = undefined
      isShut = true
      enter(dismiss)
    },
    async knock(signal) {
      signal.throwIfAborted()
      while (waiting.size === 0) await arrivals.next(signal)
    },
    async visit(signal) {
      signal.throwIfAborted()
      while (traffic.now.open === 0) await arrivals.next(signal)
    },
    async close() {
      enter((socket) => void socket.resetAndDestroy())
      await Promise.all([listener, ...others].map((one) => one.close()))
    },
  }
}

/** A clean end, also for a program that has already asked: what lies unread would turn it into a reset. */
function dismiss(socket: LocalSocket): void {
  socket.resume()
  socket.end(() => socket.destroy())
}

/** Resets a connection whose program has stopped sending and gets no answer: else each would keep a file open. */
function closeHalfOpen(socket: LocalSocket, clock: Pick<Clock, 'sleep'>): void {
  const over = new AbortController()
  socket.once('close', () => over.abort())
  socket.once('end', () => {
    clock
      .sleep(HALF_OPEN_MS, over.signal)
      .then(() => socket.bytesWritten === 0 && socket.resetAndDestroy())
      .catch(() => {})
  })
}

/**
 * Calls `failed` when a connection ends otherwise than by its program: the far side has ended it or was cut off, or the
 * program has left without an answer to what it had asked.
 */
function onFailure(socket: LocalSocket, failed: () => void): void {
  let left = false
  let told = false
  const tell = (): void => {
    if (!told) failed()
    told = true
  }
  socket.once('end', () => (left = true))
  socket.once('finish', () => {
    if (!left) tell()
  })
  socket.once('close', () => {
    const unanswered = socket.bytesRead > 0 && socket.bytesWritten === 0
    if (unanswered || (!left && !socket.errored)) tell()
  })
}
