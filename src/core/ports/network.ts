import type {Duplex} from 'node:stream'

export interface ProbeRequest {
  /** On 127.0.0.1. */
  readonly port: number
  /** The name that the certificate must be for. */
  readonly host: string
  /** PEM certificates of the authorities to trust, and no others. */
  readonly authorities: string
  /** False for verify-ca. */
  readonly verifyName: boolean
  /** What is said, in the words of the database's kind. */
  readonly talk: Conversation
  readonly timeoutMs: number
}

/**
 * One connection to a database that is probed: in clear text at first, then encrypted. Where the far side does not go on, or
 * is not to be trusted, these reject, and the probe is over with what that means.
 */
export interface ProbeLine {
  /** The next so many bytes. */
  read(count: number): Promise<Uint8Array>
  write(bytes: Uint8Array): void
  /**
   * TLS from here on, once the certificate is verified. Bytes that have come and were not read end the probe: they were in
   * clear text, and a careless client would take them for part of the encrypted stream.
   */
  encrypt(): Promise<void>
}

/**
 * Who speaks first, and what, is the affair of the database's kind. `no-tls`: the database offers none. It counts as
 * answered only when the line was encrypted. May reject with an error of its own, such as a refused login.
 */
export type Conversation = (line: ProbeLine) => Promise<'answered' | 'no-tls'>

/** How the database answered through the tunnel. */
export type ProbeOutcome =
  /** `validUntil`: when the first certificate of its chain ends, in milliseconds since the epoch. */
  | {readonly kind: 'answered'; readonly tls: string; readonly validUntil: number}
  /** Connection refused or closed before an answer: the bastion cannot reach the database. */
  | {readonly kind: 'closed'}
  /** Nothing in time. */
  | {readonly kind: 'silent'}
  /** An answer, but no TLS. */
  | {readonly kind: 'clear'}
  /** The certificate is not to be trusted. `reason` is one plain sentence. */
  | {readonly kind: 'untrusted'; readonly reason: string}

export interface Prober {
  /** One connection: the conversation with a verified TLS handshake in it, then closed. Rejects when `signal` aborts, or as the conversation does. */
  probe(request: ProbeRequest, signal?: AbortSignal): Promise<ProbeOutcome>
}

/** A connection between a local program and us. */
export interface LocalSocket extends Duplex {
  /** Closes it at once, so that the program sees a reset and never a clean end. */
  resetAndDestroy(): unknown
  /** Bytes that the program has sent. */
  readonly bytesRead: number
  /** Bytes that were written to the program, those that it has yet to take included. */
  readonly bytesWritten: number
  /** The program's end; undefined when it has gone with a reset. */
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  /** Our end. */
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}

export interface Listener {
  readonly port: number
  /** Gives the port back; connections that are open go on. */
  stop(): void
  /** Gives the port back and destroys every open connection. */
  close(): Promise<void>
}

export interface ListenPort {
  /**
   * Listens on 127.0.0.1 only; port 0 takes any free one. Sockets arrive half-open
   * capable, without Nagle's delay. Rejects with PORT_IN_USE.
   */
  listen(port: number, onConnection: (socket: LocalSocket) => void): Promise<Listener>
}

export interface SocketPort {
  /**
   * Listens at a socket of the file system, for this user alone. What a run has left there that was killed is replaced.
   * Rejects with SOCKET_IN_USE where someone listens, and FILES_UNWRITABLE.
   */
  listenAt(path: string, onConnection: (socket: LocalSocket) => void): Promise<Pick<Listener, 'close'>>
}

/** How to encrypt a stream. */
export interface TlsRequest {
  /** The name that the certificate must be for, to the letter. */
  readonly host: string
  /** Whether a certificate may have `*` for the whole first label, as those of an RDS Proxy have. */
  readonly mayBeWildcard: boolean
  /** PEM certificates of the authorities to trust, and no others. */
  readonly authorities: string
}

export interface TlsPort {
  /**
   * TLS 1.2 or newer over a stream, whose owner closes it by the one that is returned. Rejects with TLS_IDENTITY before a byte
   * is sent over it, with TUNNEL_LOST where the stream ends first, and when `signal` aborts, with its reason.
   */
  encrypt(stream: Duplex, request: TlsRequest, signal: AbortSignal): Promise<Duplex>
}

/** The networks that this machine is in. */
export interface LocalNetworks {
  /** A text that is another one when they have changed. */
  fingerprint(): string
}

export interface PortOwner {
  readonly pid: number
  /** Its name, without a path. */
  readonly program: string
}

/** What listens on a port, as the kernel tells. */
export interface PortHolder {
  readonly uid: number
  /** Where we may see it. */
  readonly owner?: PortOwner | undefined
}

export interface PortOwners {
  /** All that would get a connection to this port of 127.0.0.1, as far as that can be seen. */
  holdersOf(port: number): Promise<readonly PortHolder[]>
  /** Who listens on a port of this machine; undefined when nobody does, or it cannot be known. */
  ownerOf(port: number): Promise<PortOwner | undefined>
}

/** Whose program has the other end of a connection. `closed`: it has none any more. `none`: no program of this machine. */
export type ConnectionOwner =
  | {readonly kind: 'user'; readonly uid: number; /** The kernel's name of its socket. */ readonly socketId: string}
  | {readonly kind: 'closed'}
  | {readonly kind: 'none'}

export interface ConnectionOwners {
  /** The user of this process. */
  readonly ownUid: number
  /** Why owners cannot be told apart here; undefined where they can. `isUsual` where that is so on every such machine. */
  readonly obstacle: {readonly why: string; readonly isUsual: boolean} | undefined
  /** Whether programs that are not of this machine's kernel connect to its 127.0.0.1, as those of Windows may. */
  readonly hasOutsiders: boolean
  /** For a connection that has just arrived. Never rejects. */
  ownerOf(socket: LocalSocket): Promise<ConnectionOwner>
  /** The program that has this socket, where we may see it. */
  programOf(socketId: string): PortOwner | undefined
}

export interface Resolver {
  /** The addresses that programs of this machine get for a name, hosts file included; none where it has none. */
  addresses(name: string): Promise<readonly string[]>
}

export interface DialPort {
  /**
   * Connects to a port on 127.0.0.1, or on ::1 where the first refuses. The socket comes at once, half-open capable and
   * without Nagle's delay; a refusal is its error.
   */
  dial(port: number): LocalSocket
}

/** One WebSocket, open. Callbacks are set once, right after opening. */
export interface WebSocketLink {
  send(data: Uint8Array | string): void
  /** Bytes accepted by `send` and not yet handed to the kernel. */
  readonly bufferedBytes: number
  onMessage(callback: (data: Uint8Array | string) => void): void
  /** Called once, whatever ended it. */
  onClose(callback: (why: {readonly code: number; readonly reason: string}) => void): void
  ping(): void
  /** Called for every answer to a ping. */
  onPong(callback: () => void): void
  /** Stops reading from the network (back-pressure), and goes on. */
  pause(): void
  resume(): void
  close(): void
  /** At once, without the closing handshake. */
  terminate(): void
}

/** The upgrade to a WebSocket was answered with this HTTP status, and not with 101. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface WebSocketPort {
  /** Rejects with UpgradeRefused, PROXY_REFUSED, or with why there is no connection. */
  connect(url: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<WebSocketLink>
}
