import type {Port, PortHost} from './port.js'
import {Ledger, Remote} from './remote.js'

type Step = Buffer | 'disconnect'

/** Raw bytes over one connection at a time; the database's close is not told to the client. */
export class BasicPort implements Port {
  readonly #host: PortHost
  readonly #ledger: Ledger
  readonly #steps: Step[] = []
  #remote: Remote | undefined
  #dialling = false
  #paused = false
  #closed = false
  ready = false

  constructor(host: PortHost) {
    this.#host = host
    this.#ledger = new Ledger((stalled) => host.onStall(stalled))
  }

  /** The first connection is dialled right after the handshake; without it there is no session. */
  start(): void {
    void this.#dial(true)
  }

  receive(payload: Buffer): void {
    this.#ledger.add(payload.length)
    this.#take(payload)
  }

  disconnect(): void {
    this.#take('disconnect')
  }

  pause(): void {
    this.#paused = true
    this.#remote?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#remote?.resume()
  }

  close(): void {
    this.#closed = true
    this.#remote?.destroy()
  }

  #take(step: Step): void {
    this.#steps.push(step)
    if (!this.#dialling) this.#work()
  }

  /** Goes through what the client sent, in order; data without a connection dials the next one. */
  #work(): void {
    for (let step = this.#steps[0]; step !== undefined; step = this.#steps[0]) {
      if (step === 'disconnect') {
        this.#remote?.finish()
        this.#remote = undefined
      } else if (this.#remote === undefined) {
        void this.#dial(false)
        return
      } else {
        this.#remote.write(step)
      }
      this.#steps.shift()
    }
  }

  async #dial(first: boolean): Promise<void> {
    this.#dialling = true
    try {
      const socket = await this.#host.dial()
      const remote = new Remote(socket, this.#ledger, this.#host.counters, {
        onData: (bytes) => {
          if (remote === this.#remote) this.#host.output(bytes)
        },
        onEnd: () => {
          if (remote === this.#remote) this.#remote = undefined
        },
      })
      if (this.#paused) remote.pause()
      this.#remote = remote
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (!this.#closed) this.#host.end('unreachable', first ? `Unable to connect to specified port: ${reason}` : '')
      return
    }
    this.#dialling = false
    this.ready = true
    this.#work()
  }
}
