import {once} from 'node:events'
import {connect, type Socket} from 'node:net'
import {connect as connectTls} from 'node:tls'
import {type Duplex} from 'node:stream'
import {type Setting, startup} from './messages.js'

/** A PostgreSQL client by hand, for what psql will not do. */
export class Wire {
  readonly stream: Duplex
  #received = Buffer.alloc(0)

  constructor(stream: Duplex) {
    this.stream = stream
    stream.on('data', (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])))
    stream.on('error', () => {})
  }

  static async open(port: number): Promise<Wire> {
    const socket = connect({port, host: '127.0.0.1', allowHalfOpen: true})
    await once(socket, 'connect')
    return new Wire(socket)
  }

  /** Through SSLRequest into TLS, unverified. */
  static async openTls(port: number): Promise<Wire> {
    const clear = await Wire.open(port)
    clear.write(SSL_REQUEST)
    await clear.until((received) => received.toString() === 'S')
    const tls = connectTls({socket: clear.release(), rejectUnauthorized: false})
    await once(tls, 'secureConnect')
    return new Wire(tls)
  }

  /** Stops reading, for TLS to go on with the connection. */
  release(): Socket {
    return this.stream.removeAllListeners('data') as Socket
  }

  write(bytes: Buffer): void {
    this.stream.write(bytes)
  }

  get received(): Buffer {
    return this.#received
  }

  /** Waits for what is received to satisfy `is`; returns it. Rejects when the connection closes before. */
  async until(is: (received: Buffer) => boolean): Promise<Buffer> {
    while (!is(this.#received)) {
      if (this.stream.closed) throw new Error(`closed after ${JSON.stringify(this.#received.toString('latin1'))}`)
      await new Promise((resolve) => this.stream.once('data', resolve).once('close', resolve))
    }
    return this.#received
  }

  /** All that arrives until the other side has ended. */
  async toEnd(): Promise<Buffer> {
    const over = (): boolean => this.stream.readableEnded || this.stream.closed
    if (!over()) await new Promise((resolve) => this.stream.once('end', resolve).once('close', resolve))
    return this.#received
  }

  async logIn(user: string, database: string, password: string, ...more: Setting[]): Promise<void> {
    this.write(login(user, database, ...more))
    await this.until((received) => received[0] === 0x52)
    this.write(message('p', password))
    await this.until((received) => received.includes(READY))
  }
}

export const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
export const GSS_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30])
const CANCEL = Buffer.from([0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e])
const READY = Buffer.from([0x5a, 0, 0, 0, 5])
const BACKEND_KEY = Buffer.from([0x4b, 0, 0, 0, 12])

export function login(user: string, database: string, ...more: Setting[]): Buffer {
  return startup(0x30000, [['user', user], ['database', database], ...more])
}

/** A message that carries one string: a query (Q) or a password (p). */
export function message(type: 'Q' | 'p', text: string): Buffer {
  const body = Buffer.from(`${text}\0`)
  const head = Buffer.from([type.charCodeAt(0), 0, 0, 0, 0])
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

/** The CancelRequest for the session that received this. */
export function cancelRequest(received: Buffer): Buffer {
  const at = received.indexOf(BACKEND_KEY) + BACKEND_KEY.length
  return Buffer.concat([CANCEL, received.subarray(at, at + 8)])
}
