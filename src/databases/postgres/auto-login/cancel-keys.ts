import {randomBytes, timingSafeEqual} from 'node:crypto'
import type {CancelKey} from './messages.js'

/**
 * The keys by which programs cancel their queries: of our own, so that one that is read in clear text on this machine is good
 * for nothing at the database, and so that sessions of two databases cannot be taken for each other.
 */
export class CancelKeys {
  readonly #sessions = new Map<number, {readonly secret: Buffer; readonly real: CancelKey}>()

  /** A key for a session of the database, until `forget` is called. */
  add(real: CancelKey): {readonly key: CancelKey; readonly forget: () => void} {
    let pid: number
    // As a process id: above zero in 32 bits with a sign.
    do pid = randomBytes(4).readUInt32BE() >>> 1
    while (pid === 0 || this.#sessions.has(pid))
    const secret = randomBytes(4)
    this.#sessions.set(pid, {secret, real})
    return {key: {pid, secret}, forget: () => void this.#sessions.delete(pid)}
  }

  /** The database's own key; undefined for one that is not ours. */
  real({pid, secret}: CancelKey): CancelKey | undefined {
    const session = this.#sessions.get(pid)
    if (!session || secret.length !== session.secret.length) return undefined
    return timingSafeEqual(secret, session.secret) ? session.real : undefined
  }
}
