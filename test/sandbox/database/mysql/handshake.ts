/** Capability flags (MySQL's "Capabilities Flags"). */
export const CAPABILITY = {
  longPassword: 1,
  connectWithDatabase: 1 << 3,
  compress: 1 << 5,
  localFiles: 1 << 7,
  protocol41: 1 << 9,
  ssl: 1 << 11,
  secureConnection: 1 << 15,
  pluginAuth: 1 << 19,
  connectAttributes: 1 << 20,
  lengthEncodedAuth: 1 << 21,
} as const

/** Bit 24 (DEPRECATE_EOF) is the last that MariaDB and MySQL have in common. */
const COMMON = (1 << 25) - 1

export const CLEAR = 'mysql_clear_password'
export const NATIVE = 'mysql_native_password'
export const CACHING_SHA2 = 'caching_sha2_password'

/** What a server says first ("Protocol::HandshakeV10"). */
export interface Greeting {
  readonly version: string
  /** What KILL names. */
  readonly threadId: number
  readonly capabilities: number
  readonly charset: number
  readonly status: number
  /** MariaDB's further flags; MySQL has none. */
  readonly extended: number
  /** 20 bytes. */
  readonly salt: Buffer
  readonly plugin: string
}

/** Reads what a real server has sent: no care is taken for one that lies. */
export function parseGreeting(payload: Buffer): Greeting {
  const end = payload.indexOf(0, 1)
  let at = end + 1
  const take = (count: number): Buffer => payload.subarray(at, (at += count))
  const threadId = take(4).readUInt32LE()
  const first = take(8)
  at += 1
  const low = take(2).readUInt16LE()
  const charset = take(1).readUInt8()
  const status = take(2).readUInt16LE()
  const high = take(2).readUInt16LE()
  at += 1 + 6
  const extended = take(4).readUInt32LE()
  const salt = Buffer.concat([first, take(12)])
  at += 1
  const plugin = payload.toString('latin1', at, payload.indexOf(0, at))
  const version = payload.toString('latin1', 1, end)
  return {version, threadId, capabilities: low + high * 0x10000, charset, status, extended, salt, plugin}
}

export function greetingPayload(greeting: Greeting): Buffer {
  const {version, threadId, capabilities, charset, status, extended, salt, plugin} = greeting
  const fixed = Buffer.alloc(31)
  fixed.writeUInt32LE(threadId, 0)
  salt.copy(fixed, 4, 0, 8)
  fixed.writeUInt16LE(capabilities & 0xffff, 13)
  fixed.writeUInt8(charset, 15)
  fixed.writeUInt16LE(status, 16)
  fixed.writeUInt16LE(capabilities >>> 16, 18)
  fixed.writeUInt8(salt.length + 1, 20)
  fixed.writeUInt32LE(extended, 27)
  const texts = [Buffer.from(`${version}\0`, 'latin1'), fixed, salt.subarray(8), Buffer.from(`\0${plugin}\0`, 'latin1')]
  return Buffer.concat([Buffer.of(10), ...texts])
}

/** As an RDS server of a family and version greets, which has the abilities of the real one behind it but for compression. */
export function disguise(real: Greeting, {family, version}: {family: 'mysql' | 'mariadb'; version: string}): Greeting {
  const capabilities = (real.capabilities & ~CAPABILITY.compress) | CAPABILITY.ssl
  if (family === 'mariadb') {
    return {...real, version: `${version}-MariaDB-log`, capabilities: capabilities >>> 0, plugin: NATIVE}
  }
  return {
    ...real,
    version,
    capabilities: (capabilities & COMMON) | CAPABILITY.longPassword,
    extended: 0,
    plugin: version.startsWith('8.0.') ? NATIVE : CACHING_SHA2,
  }
}

/** What a client answers ("Protocol::HandshakeResponse41"). */
export interface HandshakeResponse {
  readonly capabilities: number
  /** The 28 bytes after the flags: packet size, character set, MariaDB's further flags. */
  readonly settings: Buffer
  readonly user: string
  readonly proof: Buffer
  readonly database?: string | undefined
  readonly plugin?: string | undefined
  /** Connection attributes, as they came. */
  readonly attributes: Buffer
}

export const SSL_REQUEST_LENGTH = 32

export function isSslRequest(payload: Buffer): boolean {
  return payload.length === SSL_REQUEST_LENGTH && (payload.readUInt32LE() & CAPABILITY.ssl) !== 0
}

/** Undefined when it is none that a server would take. */
export function parseResponse(payload: Buffer): HandshakeResponse | undefined {
  if (payload.length <= SSL_REQUEST_LENGTH) return undefined
  const capabilities = payload.readUInt32LE()
  if (!(capabilities & CAPABILITY.protocol41) || !(capabilities & CAPABILITY.secureConnection)) return undefined
  let at = SSL_REQUEST_LENGTH
  const text = (): string | undefined => {
    const end = payload.indexOf(0, at)
    if (end < 0) return undefined
    const found = payload.toString('utf8', at, end)
    at = end + 1
    return found
  }
  const user = text()
  let length = payload[at]
  if (user === undefined || length === undefined || length > 0xfc) return undefined
  at += 1
  if (length === 0xfc) {
    // A token in the first packet is as long as that: an impostor gets one from a careless client.
    if (payload.length < at + 2) return undefined
    length = payload.readUInt16LE(at)
    at += 2
  }
  const proof = payload.subarray(at, at + length)
  at += length
  if (at > payload.length) return undefined
  const database = capabilities & CAPABILITY.connectWithDatabase ? text() : undefined
  // MariaDB's client leaves the final zero out where nothing follows.
  const plugin = capabilities & CAPABILITY.pluginAuth ? (text() ?? payload.toString('utf8', at)) : undefined
  const settings = payload.subarray(4, SSL_REQUEST_LENGTH)
  return {capabilities, settings, user, proof, database, plugin, attributes: payload.subarray(at)}
}

/** The same client's answer to the real server: without TLS, and with the empty password that its accounts have there. */
export function responsePayload({capabilities, settings, user, database, attributes}: HandshakeResponse): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32LE((capabilities & ~(CAPABILITY.ssl | CAPABILITY.compress)) >>> 0)
  const texts = [
    `${user}\0\0`,
    capabilities & CAPABILITY.connectWithDatabase ? `${database ?? ''}\0` : '',
    capabilities & CAPABILITY.pluginAuth ? `${NATIVE}\0` : '',
  ]
  const rest = capabilities & CAPABILITY.connectAttributes ? attributes : Buffer.alloc(0)
  return Buffer.concat([head, settings, Buffer.from(texts.join('')), rest])
}

/** "Protocol::AuthSwitchRequest": asks for a proof by another plugin. */
export function switchPayload(plugin: string, salt: Buffer): Buffer {
  const data = plugin === CLEAR ? Buffer.alloc(0) : Buffer.concat([salt, Buffer.of(0)])
  return Buffer.concat([Buffer.of(0xfe), Buffer.from(`${plugin}\0`), data])
}
