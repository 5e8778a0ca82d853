import type {Socket} from 'node:net'
import type {Timing} from './behaviour.js'
import type {Counters, EndCause} from './facts.js'

/** What a way of forwarding a port has from its session. */
export interface PortHost {
  readonly counters: Counters
  readonly timing: Timing
  /** A connection to the database; rejects when it cannot be had, and may take for ever. */
  dial(): Promise<Socket>
  /** Puts bytes into the stream to the client, together. */
  output(...bytes: Buffer[]): void
  sendFlag(flag: number): void
  /** The database does not keep up: nothing more is to be read from the client until it does. */
  onStall(stalled: boolean): void
  /** A client's mistake; ends the session when it is strict. */
  onFault(fault: string): void
  end(cause: EndCause, detail: string): void
}

/** A way of forwarding a port: multiplexed or basic. */
export interface Port {
  /** False until it can take data. */
  readonly ready: boolean
  start(): void
  receive(payload: Buffer): void
  /** The client's DisconnectToPort flag. */
  disconnect(): void
  /** Stops reading from the database, and goes on. */
  pause(): void
  resume(): void
  close(): void
}
