import type {Clock} from '../../core/ports/clock.js'
import type {LocalSocket} from '../../core/ports/network.js'

interface Question {
  readonly askedAt: number
  /** What the program had been given by then. */
  readonly given: number
  /** What the program had sent before. */
  readonly sentBefore: number
  noted: boolean
  /** When the latest of it came. */
  latestAt: number
  /** Whether the silence since then has been noted. */
  silenceNoted: boolean
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
      const [given, now] = [socket.bytesWritten, this.#clock.now()]
      const question = this.#questions.get(socket)
      if (question?.given === given) {
        question.latestAt = now
        question.silenceNoted = false
        return
      }
      const sentBefore = socket.bytesRead - length
      this.#questions.set(socket, {askedAt: now, given, sentBefore, noted: false, latestAt: now, silenceNoted: false})
    })
    socket.once('close', () => this.#questions.delete(socket))
  }

  /** Whether one has waited for `ms` milliseconds; each question counts once. */
  isOverdue(ms: number): boolean {
    let overdue = false
    for (const [, question] of this.#unanswered()) {
      const waits = this.#clock.now() - question.askedAt >= ms
      overdue ||= waits && !question.noted
      question.noted ||= waits
    }
    return overdue
  }

  /** Whether one that had more to say than at first has said and heard nothing for `ms` milliseconds; each such silence counts once. */
  isStalled(ms: number): boolean {
    let stalled = false
    for (const [, question] of this.#unanswered()) {
      const {askedAt, latestAt} = question
      const waits = latestAt > askedAt && this.#clock.now() - latestAt >= ms
      stalled ||= waits && !question.silenceNoted
      question.silenceNoted ||= waits
    }
    return stalled
  }

  /** How much the one that has sent the most has sent without hearing anything. */
  get mostUnanswered(): number {
    return Math.max(0, ...this.#unanswered().map(([socket, {sentBefore}]) => socket.bytesRead - sentBefore))
  }

  #unanswered(): [LocalSocket, Question][] {
    return [...this.#questions].filter(([socket, {given}]) => socket.bytesWritten === given)
  }
}
