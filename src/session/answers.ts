import type {Clock} from '../core/ports/clock.js'
import type {LocalSocket} from '../core/ports/network.js'

interface Question {
  readonly askedAt: number
  /** What the program had been given by then. */
  readonly given: number
  /** What the program had sent before. */
  readonly sentBefore: number
  noted: boolean
}

/** Notices programs that have asked something and hear nothing. */
export class Answers {
  readonly #clock: Pick<Clock, 'now'>
  /** The latest of each connection. */
  readonly #questions = new Map<LocalSocket, Question>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** For a connection that is just about to be read. */
  add(socket: LocalSocket): void {
    socket.on('data', ({length}: Buffer) => {
      const given = socket.bytesWritten
      if (this.#questions.get(socket)?.given === given) return
      const sentBefore = socket.bytesRead - length
      this.#questions.set(socket, {askedAt: this.#clock.now(), given, sentBefore, noted: false})
    })
    socket.once('close', () => this.#questions.delete(socket))
  }

  /** Whether one has waited for `ms` milliseconds; each question counts once. */
  isOverdue(ms: number): boolean {
    let overdue = false
    for (const [socket, question] of this.#questions) {
      const waits = socket.bytesWritten === question.given && this.#clock.now() - question.askedAt >= ms
      overdue ||= waits && !question.noted
      question.noted ||= waits
    }
    return overdue
  }

  /** How much the one that has sent the most has sent without hearing anything. */
  get mostUnanswered(): number {
    const waiting = [...this.#questions].filter(([socket, {given}]) => socket.bytesWritten === given)
    return Math.max(0, ...waiting.map(([socket, {sentBefore}]) => socket.bytesRead - sentBefore))
  }
}
