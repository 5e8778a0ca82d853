import {Fields, Malformed} from './packets.js'

/** What server and client say that they can ("Capabilities Flags"). */
export const CAPABILITY = {
  /** MariaDB's servers and clients leave it out where they know MariaDB's further flags. */
  longPassword: 1,
  connectWithDatabase: 1 << 3,
  compress: 1 << 5,
  localFiles: 1 << 7,
  protocol41: 1 << 9,
  ssl: 1 << 11,
  transactions: 1 << 13,
  secureConnection: 1 << 15,
  pluginAuth: 1 << 19,
  connectAttributes: 1 << 20,
  lengthEncodedAuth: 1 << 21,
} as const

/** The plugin that takes the password as it is: a token goes by this one and by no other. */
export const CLEAR_PASSWORD = 'mysql_clear_password'
export const NATIVE_PASSWORD = 'mysql_native_password'

/** What a server says first. */
export interface Greeting {
  readonly kind: 'greeting'
  /** `8.0.39`, `10.11.8-MariaDB-log`. */
  readonly version: string
  /** What KILL names. */
  readonly threadId: number
  /** As an unsigned number. */
  readonly capabilities: number
  readonly charset: number
  readonly status: number
  /** MariaDB's further flags; 0 of a MySQL server. */
  readonly extended: number
  /** For a proof by the plugin; 20 bytes. */
  readonly salt: Buffer
  /** Empty where the server names none. */
  readonly plugin: string
}

export interface ServerError {
  readonly kind: 'error'
  readonly code: number
  /** Five characters; undefined where the server does not know yet that we want one. */
  readonly sqlState?: string | undefined
  readonly message: string
}

const VERSION = 10
const SALT_PARTS = [8, 12] as const

/** Reads a server's first packet. Throws Malformed. */
export function readGreeting(payload: Buffer): Greeting | ServerError {
  if (payload[0] === 0xff) return readError(payload)
  const fields = new Fields(payload)
  const protocol = fields.int(1)
  if (protocol !== VERSION) throw new Malformed(`a greeting of version ${protocol}`)
  const version = fields.text()
  const threadId = fields.int(4)
  const first = fields.bytes(SALT_PARTS[0])
  fields.bytes(1)
  const low = fields.int(2)
  const charset = fields.int(1)
  const status = fields.int(2)
  const capabilities = low + fields.int(2) * 0x10000
  fields.bytes(1 + 6)
  const extended = fields.int(4)
  if (!(capabilities & CAPABILITY.protocol41) || !(capabilities & CAPABILITY.secureConnection)) {
    throw new Malformed('a server of before MySQL 4.1')
  }
  const salt = Buffer.concat([first, fields.bytes(SALT_PARTS[1])])
  fields.bytes(1)
  const plugin = capabilities & CAPABILITY.pluginAuth ? fields.text() : ''
  const further = capabilities & CAPABILITY.longPassword ? 0 : extended
  return {kind: 'greeting', version, threadId, capabilities, charset, status, extended: further, salt, plugin}
}

/** ERR. Throws Malformed. */
export function readError(payload: Buffer): ServerError {
  const fields = new Fields(payload)
  fields.bytes(1)
  const code = fields.int(2)
  const [, sqlState, message = ''] = /^(?:#(.{5}))?(.*)$/s.exec(fields.rest().toString('utf8')) ?? []
  return {kind: 'error', code, sqlState, message}
}

/** As MySQL's own clients print it. */
export function errorText({code, sqlState, message}: ServerError): string {
  return `ERROR ${code}${sqlState === undefined ? '' : ` (${sqlState})`}: ${message}`
}

/** What a server answers to a client's proof. */
export type LoginAnswer =
  | {readonly kind: 'ok'}
  | ServerError
  /** It asks for a proof by another plugin. */
  | {readonly kind: 'switch'; readonly plugin: string; readonly data: Buffer}
  /** It goes on with the same one, in its plugin's own words. */
  | {readonly kind: 'more'}

/** Throws Malformed. */
export function readLoginAnswer(payload: Buffer): LoginAnswer {
  const [first = -1] = payload
  switch (first) {
    case 0x00:
      return {kind: 'ok'}
    case 0x01:
      return {kind: 'more'}
    case 0xfe: {
      const fields = new Fields(payload)
      fields.bytes(1)
      // Of before plugins: one byte, which asks for the oldest proof of all.
      if (fields.left === 0) return {kind: 'switch', plugin: 'mysql_old_password', data: Buffer.alloc(0)}
      return {kind: 'switch', plugin: fields.text(), data: fields.rest()}
    }
    case 0xff:
      return readError(payload)
    default:
      throw new Malformed('something that is not an answer to a login')
  }
}

/** utf8mb4_general_ci: every server knows it. */
const UTF8MB4 = 45
const MOST_BYTES = 1 << 24

/** What a client says that it wants, before TLS and again within. */
function opening(capabilities: number): Buffer {
  const head = Buffer.alloc(32)
  head.writeUInt32LE(capabilities >>> 0, 0)
  head.writeUInt32LE(MOST_BYTES, 4)
  head.writeUInt8(UTF8MB4, 8)
  return head
}

const OWN_CAPABILITIES =
  CAPABILITY.longPassword |
  CAPABILITY.protocol41 |
  CAPABILITY.ssl |
  CAPABILITY.transactions |
  CAPABILITY.secureConnection |
  CAPABILITY.pluginAuth

/** SSLRequest: TLS begins behind it. */
export function sslRequest(): Buffer {
  return opening(OWN_CAPABILITIES)
}

/** Who wants in, without a proof and without a database: what is needed of it, the server asks for. */
export function emptyHandshakeResponse(user: string, plugin: string): Buffer {
  return Buffer.concat([opening(OWN_CAPABILITIES), Buffer.from(`${user}\0\0${plugin}\0`)])
}

/** COM_QUIT, the first packet of a command. */
export const QUIT = Buffer.of(0x01)
