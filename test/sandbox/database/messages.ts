/** The first messages of a connection (PostgreSQL 18, protocol 3, chapter "Message Formats"). */
export type FirstMessage =
  | {readonly kind: 'ssl' | 'gss'}
  | {readonly kind: 'cancel'; readonly bytes: Buffer}
  | {readonly kind: 'startup'; readonly version: number; readonly settings: readonly Setting[]}

export type Setting = readonly [name: string, value: string]

const SSL_REQUEST = 80877103
const GSS_REQUEST = 80877104
const CANCEL_REQUEST = 80877102

/** The server's own limit for a start-up message. */
export const FIRST_MESSAGE_LIMIT = 10_000

export const YES = Buffer.from('S')
export const NO = Buffer.from('N')
export const ASK_PASSWORD = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])

/** Reads a whole message, its length included; undefined when it is none that a server would take. */
export function parseFirst(bytes: Buffer): FirstMessage | undefined {
  const code = bytes.length < 8 ? 0 : bytes.readInt32BE(4)
  if (code === SSL_REQUEST && bytes.length === 8) return {kind: 'ssl'}
  if (code === GSS_REQUEST && bytes.length === 8) return {kind: 'gss'}
  if (code === CANCEL_REQUEST && bytes.length >= 16) return {kind: 'cancel', bytes}
  if (code >> 16 !== 3) return undefined
  const words = bytes.toString('utf8', 8).split('\0')
  // The last name is empty and ends the list: "user\0u\0\0" gives ['user', 'u', '', ''].
  if (words.length % 2 !== 0 || words.at(-1) !== '' || words.at(-2) !== '') return undefined
  const settings: Setting[] = []
  for (let at = 0; at + 3 < words.length; at += 2) settings.push([words[at] ?? '', words[at + 1] ?? ''])
  return {kind: 'startup', version: code, settings}
}

export function startup(version: number, settings: readonly Setting[]): Buffer {
  const body = Buffer.from(settings.flatMap(([name, value]) => [name, value]).join('\0') + '\0\0')
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + body.length)
  head.writeInt32BE(version, 4)
  return Buffer.concat([head, body])
}

/** An ErrorResponse of severity FATAL. */
export function fatal(sqlState: string, message: string): Buffer {
  const fields = ['SFATAL', 'VFATAL', `C${sqlState}`, `M${message}`].map((field) => `${field}\0`).join('')
  const body = Buffer.from(`${fields}\0`)
  const head = Buffer.from([0x45, 0, 0, 0, 0])
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}
