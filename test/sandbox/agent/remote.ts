import type {Socket} from 'node:net'
import type {Counters} from './facts.js'

/** As much may lie unread between the client and the database before the agent stops reading. */
const UNREAD_LIMIT = 4 * 1024 * 1024

/** Counts the client's bytes that no database has taken yet. */
export class Ledger {
  readonly #onStall: (stalled: boolean) => void
  #unread = 0
  #stalled = false

  constructor(onStall: (stalled: boolean) => void) {
    this.#onStall = onStall
  }

  get stalled(): boolean {
    return this.#stalled
  }

  add(bytes: number): void {
    this.#unread += bytes
    const stalled = this.#unread >= UNREAD_LIMIT
    if (stalled === this.#stalled) return
    this.#stalled = stalled
    this.#onStall(stalled)
  }
}

export interface RemoteHandlers {
  onData(bytes: Buffer): void
  /** Once, whoever closed it. */
  onEnd(): void
}

/** One connection to the database. Bytes given to `write` are in the ledger already; they leave it when taken. */
export class Remote {
  readonly #socket: Socket
  readonly #ledger: Ledger
  readonly #counters: Counters
  readonly #gathered: Buffer[] = []

  constructor(socket: Socket, ledger: Ledger, counters: Counters, handlers: RemoteHandlers) {
    this.#socket = socket
    this.#ledger = ledger
    this.#counters = counters
    counters.connections++
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      counters.connections--
      socket.destroy()
      handlers.onEnd()
    }
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => {
      counters.bytesFromDatabase += bytes.length
      handlers.onData(bytes)
    })
    socket.on('end', end)
    socket.on('error', end)
    socket.on('close', end)
  }

  write(bytes: Buffer): void {
    if (this.#gathered.push(bytes) === 1) process.nextTick(() => this.#flush())
    this.#counters.bytesToDatabase += bytes.length
  }

  /** The database gets all bytes, then the whole connection closes: there is no half-close. */
  finish(): void {
    this.#flush()
    this.#socket.end(() => this.#socket.destroy())
  }

  /** What one turn of the event loop brings goes to the kernel in one piece. */
  #flush(): void {
    if (this.#gathered.length === 0) return
    const bytes = Buffer.concat(this.#gathered.splice(0))
    this.#socket.write(bytes, () => this.#ledger.add(-bytes.length))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
