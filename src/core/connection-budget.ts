/** Enough for the largest pool; each costs memory, too. */
const MOST = 4000
/** A connection takes a file or two, one that is only looked at takes one. The rest is for sessions, state and passfiles. */
const SHARE = 1 / 4

/** How many connections of local programs this process takes at a time, by all its ports together. */
export class ConnectionBudget {
  readonly #mostOpenFiles: () => number
  #most: number | undefined
  #open = 0
  #lookedAt = 0

  constructor(mostOpenFiles: () => number) {
    this.#mostOpenFiles = mostOpenFiles
  }

  get most(): number {
    return (this.#most ??= Math.max(1, Math.min(MOST, Math.floor(this.#mostOpenFiles() * SHARE))))
  }

  /** For one whose owner is looked up. Those have places of their own, so that strangers take none from others. */
  takeLook(): (() => void) | undefined {
    if (this.#lookedAt >= this.most) return undefined
    this.#lookedAt++
    return () => void this.#lookedAt--
  }

  /** For one that stays; undefined when all places are taken. The function that is returned gives it back; call it once. */
  takePlace(): (() => void) | undefined {
    if (this.#open >= this.most) return undefined
    this.#open++
    return () => void this.#open--
  }
}
