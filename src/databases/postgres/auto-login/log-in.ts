import {fail} from '../../../core/errors.js'
import type {DatabaseLine} from '../../auto-login.js'
import {
  type CancelKey,
  cancelMessage,
  keyMessage,
  type Message,
  passwordMessage,
  readMessage,
  SSL_REQUEST_BYTES,
  startupMessage,
} from './messages.js'
import type {CancelKeys} from './cancel-keys.js'

/** All that a server says until it is ready. */
const MOST_BYTES = 64 * 1024
const AGREED = 'S'.charCodeAt(0)
const OK = 0
const CLEARTEXT_PASSWORD = 3
const KEY_BYTES = 8

/** What the database said to a login. */
export type LoginAnswer =
  /** `greeting` is for the program: what the database said, with a key of ours in it. */
  | {readonly kind: 'in'; readonly greeting: Buffer; readonly forget: () => void}
  | {readonly kind: 'refused'; readonly said: Buffer; readonly error: Message}

/**
 * Encrypts the line, and logs in: the token is the answer to one question for a cleartext password, and to no other. Rejects
 * with PROTOCOL for a server that asks for anything else, lets in without a question, or makes no sense.
 */
export async function logIn(
  database: DatabaseLine,
  parameters: Iterable<readonly [string, string]>,
  token: () => Promise<string>,
  keys: CancelKeys,
): Promise<LoginAnswer> {
  await encrypt(database)
  database.write(startupMessage(parameters))
  let left = MOST_BYTES
  const next = async (): Promise<Message> => {
    const message = await readMessage(database, left)
    if (!message) throw strange('It sent more than a login takes.')
    left -= message.bytes.length
    return message
  }
  const question = await next()
  if (question.type === 'E') return {kind: 'refused', said: Buffer.alloc(0), error: question}
  if (!isAuthentication(question, CLEARTEXT_PASSWORD)) throw strange(whatItAsks(question))
  database.write(passwordMessage(await token()))

  const said: Buffer[] = []
  let isIn = false
  let forget = (): void => {}
  try {
    for (;;) {
      const message = await next()
      if (message.type === 'E') return {kind: 'refused', said: Buffer.concat(said), error: message}
      if (message.type === 'N') said.push(message.bytes)
      else if (!isIn) {
        if (!isAuthentication(message, OK)) throw strange(whatItAsks(message))
        isIn = true
        said.push(message.bytes)
      } else if (message.type === 'S') said.push(message.bytes)
      else if (message.type === 'K') {
        forget()
        const given = keys.add(keyIn(message))
        forget = given.forget
        said.push(keyMessage(given.key))
      } else if (message.type === 'Z') {
        said.push(message.bytes)
        const keep = forget
        forget = () => {}
        return {kind: 'in', greeting: Buffer.concat(said), forget: keep}
      } else throw strange(`It sent a message of the type ${JSON.stringify(message.type)}.`)
    }
  } finally {
    forget()
  }
}

/** Asks the database to cancel what runs in a session. It answers by closing the connection. */
export async function cancel(database: DatabaseLine, key: CancelKey): Promise<void> {
  await encrypt(database)
  database.write(cancelMessage(key))
  await database.read(1).catch(() => {})
  database.end()
}

async function encrypt(database: DatabaseLine): Promise<void> {
  database.write(SSL_REQUEST_BYTES)
  const [answer] = await database.read(1)
  if (answer !== AGREED) throw strange('It offers no TLS.')
  await database.encrypt()
}

function isAuthentication({type, body}: Message, code: number): boolean {
  return type === 'R' && body.length === 4 && body.readUInt32BE() === code
}

function keyIn({body}: Message): CancelKey {
  if (body.length !== KEY_BYTES) throw strange('Its cancel key is not one of protocol 3.0.')
  return {pid: body.readUInt32BE(), secret: body.subarray(4)}
}

/** In the words of the protocol's documentation. */
const QUESTIONS: Readonly<Record<number, string>> = {
  [OK]: 'lets in without a password',
  2: 'asks for Kerberos V5',
  [CLEARTEXT_PASSWORD]: 'asks for the password a second time',
  5: 'asks for an MD5 password',
  7: 'asks for GSSAPI',
  9: 'asks for SSPI',
  10: 'asks for SASL',
}

function whatItAsks({type, body}: Message): string {
  if (type !== 'R' || body.length < 4)
    return `It sent a message of the type ${JSON.stringify(type)} in place of a question.`
  return `It ${QUESTIONS[body.readUInt32BE()] ?? 'asks for what dbtunnel does not know'}.`
}

function strange(what: string): Error {
  return fail('PROTOCOL', `The server does not log in as RDS does by IAM. ${what}`, {
    hint: 'dbtunnel answers one question for a cleartext password, inside TLS, and sends a token to no other.',
  })
}
