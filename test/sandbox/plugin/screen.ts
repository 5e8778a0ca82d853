import {writeSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import type {Fault} from './faults.js'

/** The plugin's stdout, with what may happen to it. */
export class Screen {
  readonly #trickles: boolean
  #left: number
  #writing: Promise<void> = Promise.resolve()

  constructor(faults: ReadonlyMap<Fault, number>) {
    this.#trickles = faults.has('trickle')
    this.#left = faults.get('kill-after-bytes') ?? Infinity
  }

  print(text: string): void {
    if (this.#trickles) this.#writing = this.#writing.then(() => this.#trickle(text))
    else this.#write(Buffer.from(text))
  }

  /** Resolves when all is written. */
  flush(): Promise<void> {
    return this.#writing
  }

  async #trickle(text: string): Promise<void> {
    for (const byte of Buffer.from(text)) {
      this.#write(Buffer.of(byte))
      await sleep(1)
    }
  }

  #write(bytes: Buffer): void {
    const taken = bytes.subarray(0, this.#left)
    this.#left -= taken.length
    try {
      if (taken.length > 0) writeSync(1, taken)
    } catch {
      // The reader has gone. Node ignores SIGPIPE, of which the real one dies.
      die()
    }
    if (this.#left <= 0) die()
  }
}

/** Not to be survived, with nothing tidied up. */
export function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
