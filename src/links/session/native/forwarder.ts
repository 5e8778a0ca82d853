import type {LocalSocket} from '../../../core/ports/network.js'
import type {PayloadSource} from './channel.js'

/** Carries local connections over the channel, in the way that the agent understands. */
export interface Forwarder extends PayloadSource {
  /** Takes over a connection that a local program has made. */
  connect(socket: LocalSocket): void
  /** Stream data from the agent, in order. Throws PROTOCOL. */
  receive(bytes: Buffer): void
  /** The agent could not connect to the database for one of the connections. */
  refused(): void
  /** One connection that carries nothing: whether the agent got it. Does not settle while the agent says nothing. */
  tryDial?(): Promise<boolean>
}
