import type {ByteLine} from '../../auto-login.js'

// Messages of the protocol 3 (PostgreSQL 18, "Message Formats"). What comes from either side is untrusted: a length is
// judged before so much is read.

/** The server's own limit for what begins a connection. */
export const LONGEST_OPENING = 10_000
/** For one answer of a program to a question about its password. */
const LONGEST_ANSWER = 4096

const SSL_REQUEST = 80_877_103
const GSS_REQUEST = 80_877_104
const CANCEL_REQUEST = 80_877_102
const MAJOR = 3
const VERSION_3_0 = MAJOR << 16
const CANCEL_BYTES = 16

export const NO = Buffer.from('N')

/** By what a session is cancelled: both numbers as they came. */
export interface CancelKey {
  readonly pid: number
  readonly secret: Buffer
}

/** What begins a connection. Texts are bytes as latin1: they have no encoding yet. */
export type Opening =
  | {readonly kind: 'ssl' | 'gss'}
  | {readonly kind: 'cancel'; readonly key: CancelKey}
  | {readonly kind: 'startup'; readonly minor: number; readonly parameters: ReadonlyMap<string, string>}

/** The next message of those without a type; undefined for what a server would not take. */
export async function readOpening(line: ByteLine): Promise<Opening | undefined> {
  const length = (await line.read(4)).readUInt32BE()
  if (length < 8 || length > LONGEST_OPENING) return undefined
  const code = (await line.read(4)).readUInt32BE()
  if (code === SSL_REQUEST) return length === 8 ? {kind: 'ssl'} : undefined
  if (code === GSS_REQUEST) return length === 8 ? {kind: 'gss'} : undefined
  if (code === CANCEL_REQUEST) {
    if (length !== CANCEL_BYTES) return undefined
    const bytes = await line.read(8)
    return {kind: 'cancel', key: {pid: bytes.readUInt32BE(), secret: bytes.subarray(4)}}
  }
  if (code >>> 16 !== MAJOR) return undefined
  const parameters = parametersIn(await line.read(length - 8))
  return parameters && {kind: 'startup', minor: code & 0xffff, parameters}
}

/** `name\0value\0…\0`; of a name that is there twice the last value counts, as for the server. */
function parametersIn(body: Buffer): ReadonlyMap<string, string> | undefined {
  const words = body.toString('latin1').split('\0')
  // The empty name at the end, and nothing behind its zero.
  if (words.length % 2 !== 0 || words.at(-1) !== '' || words.at(-2) !== '') return undefined
  const parameters = new Map<string, string>()
  for (let at = 0; at < words.length - 2; at += 2) {
    const [name = '', value = ''] = words.slice(at, at + 2)
    if (name === '') return undefined
    parameters.set(name, value)
  }
  return parameters
}

export const SSL_REQUEST_BYTES = numbers(8, SSL_REQUEST)

export function startupMessage(parameters: Iterable<readonly [string, string]>): Buffer {
  const body = Buffer.from(`${[...parameters].map(([name, value]) => `${name}\0${value}\0`).join('')}\0`, 'latin1')
  return Buffer.concat([numbers(8 + body.length, VERSION_3_0), body])
}

export function cancelMessage({pid, secret}: CancelKey): Buffer {
  return Buffer.concat([numbers(CANCEL_BYTES, CANCEL_REQUEST, pid), secret])
}

export interface Message {
  readonly type: string
  readonly body: Buffer
  /** All of it, to pass on unchanged. */
  readonly bytes: Buffer
}

/** The next message with a type; undefined when it is longer than `longest` bytes, or its length makes no sense. */
export async function readMessage(line: ByteLine, longest: number): Promise<Message | undefined> {
  const head = await line.read(5)
  const length = head.readUInt32BE(1)
  if (length < 4 || length + 1 > longest) return undefined
  const body = await line.read(length - 4)
  return {type: String.fromCharCode(head[0] ?? 0), body, bytes: Buffer.concat([head, body])}
}

/** What a program answers to a question about its password; undefined when it is not one. */
export async function readAnswer(line: ByteLine): Promise<Buffer | undefined> {
  const message = await readMessage(line, LONGEST_ANSWER)
  return message?.type === 'p' ? message.body : undefined
}

export function message(type: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(type, 'latin1'), numbers(4 + body.length), body])
}

/** A text and the zero behind it. */
export function text(words: string): Buffer {
  return Buffer.from(`${words}\0`)
}

/** A question about the password, or what settles it. */
export function authentication(code: number, more: Uint8Array = Buffer.alloc(0)): Buffer {
  return message('R', Buffer.concat([numbers(code), more]))
}

export function passwordMessage(password: string): Buffer {
  return message('p', text(password))
}

export function keyMessage({pid, secret}: CancelKey): Buffer {
  return message('K', Buffer.concat([numbers(pid), secret]))
}

/** The server speaks 3.0, and knows none of these options. */
export function negotiateVersion(options: readonly string[]): Buffer {
  const names = options.map((name) => Buffer.from(`${name}\0`, 'latin1'))
  return message('v', Buffer.concat([numbers(VERSION_3_0, options.length), ...names]))
}

/** An error that ends the connection. */
export function fatal(sqlState: string, words: string, hint?: string): Buffer {
  const fields = ['SFATAL', 'VFATAL', `C${sqlState}`, `M${words}`, ...(hint === undefined ? [] : [`H${hint}`])]
  return message('E', Buffer.concat([...fields.map((field) => text(field.replaceAll('\0', ' '))), Buffer.alloc(1)]))
}

/** What an error of the server says. */
export function wordsOf({body}: Message): string {
  const fields = body.toString('utf8').split('\0')
  return fields.find((field) => field.startsWith('M'))?.slice(1) ?? ''
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index))
  return bytes
}
