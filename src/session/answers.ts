import type {LocalSocket} from '../core/ports/network.js'

interface Talk {
  asked: number
  answered: number
  /** When a question was first seen that is still without an answer. */
  since: number | undefined
  noted: boolean
}

/** Notices programs that have asked and hear nothing, by their sockets' own counters. */
export class Answers {
  readonly #talks = new Map<LocalSocket, Talk>()

  add(socket: LocalSocket): void {
    this.#talks.set(socket, {asked: 0, answered: 0, since: undefined, noted: false})
    socket.once('close', () => this.#talks.delete(socket))
  }

  /** To be called now and then. True when one has waited for `ms` milliseconds, once for each question. */
  isOverdue(now: number, ms: number): boolean {
    let overdue = false
    for (const [{bytesRead, bytesWritten}, talk] of this.#talks) {
      if (bytesWritten !== talk.answered) Object.assign(talk, {since: undefined, noted: false, asked: bytesRead})
      else if (bytesRead > talk.asked) talk.since ??= now
      talk.answered = bytesWritten
      if (talk.noted || talk.since === undefined || now - talk.since < ms) continue
      talk.noted = true
      overdue = true
    }
    return overdue
  }
}
