import {createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual} from 'node:crypto'
import {promisify} from 'node:util'
import type {ByteLine} from '../../auto-login.js'
import {authentication, readAnswer, text} from './messages.js'

// The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677; PostgreSQL, "SASL Authentication"), without channel binding: the
// connection is in clear text.

const MECHANISM = 'SCRAM-SHA-256'
/** As PostgreSQL has it. The password is random: more would protect nothing. */
const ITERATIONS = 4096
const SALT_BYTES = 16
const NONCE_BYTES = 18
const KEY_BYTES = 32

const SASL = 10
const SASL_CONTINUE = 11
const SASL_FINAL = 12

/** What a server keeps of a password: with it one can check a proof, and make none. */
export interface Verifier {
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

export async function verifierOf(password: string): Promise<Verifier> {
  const salt = randomBytes(SALT_BYTES)
  const salted = await promisify(pbkdf2)(password, salt, ITERATIONS, KEY_BYTES, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  return {salt, storedKey: hash(clientKey), serverKey: hmac(salted, 'Server Key')}
}

/** Asks a program for the password, and lets it prove that it has it. False for a wrong proof, and for anything else. */
export async function askPassword(program: ByteLine, {salt, storedKey, serverKey}: Verifier): Promise<boolean> {
  program.write(authentication(SASL, Buffer.concat([text(MECHANISM), Buffer.alloc(1)])))
  const first = clientFirst(await readAnswer(program))
  if (!first) return false
  const nonce = `${first.nonce}${randomBytes(NONCE_BYTES).toString('base64')}`
  const serverFirst = `r=${nonce},s=${salt.toString('base64')},i=${ITERATIONS}`
  program.write(authentication(SASL_CONTINUE, Buffer.from(serverFirst)))
  const final = (await readAnswer(program))?.toString('latin1')
  const [, withoutProof = '', binding, sameNonce, proofText = ''] =
    /^(c=([^,]*),r=([^,]*)(?:,[^p,][^,]*)*),p=([A-Za-z0-9+/=]+)$/.exec(final ?? '') ?? []
  if (binding !== Buffer.from(first.header, 'latin1').toString('base64') || sameNonce !== nonce) return false
  const proof = Buffer.from(proofText, 'base64')
  if (proof.length !== KEY_BYTES) return false
  const said = `${first.bare},${serverFirst},${withoutProof}`
  const signature = hmac(storedKey, said)
  const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0))
  if (!timingSafeEqual(hash(clientKey), storedKey)) return false
  program.write(authentication(SASL_FINAL, Buffer.from(`v=${hmac(serverKey, said).toString('base64')}`)))
  return true
}

interface ClientFirst {
  /** Whether it could bind the proof to a channel: `n,,` or `y,,`. */
  readonly header: string
  readonly bare: string
  readonly nonce: string
}

/** `SCRAM-SHA-256`, a zero, the length of the rest, and `n,,n=,r=NONCE`. The name in it counts for nothing, as in PostgreSQL. */
function clientFirst(answer: Buffer | undefined): ClientFirst | undefined {
  const start = MECHANISM.length + 1
  if (!answer || answer.length < start + 4 || answer.toString('latin1', 0, start) !== `${MECHANISM}\0`) return undefined
  if (answer.readUInt32BE(start) !== answer.length - start - 4) return undefined
  const [, header, bare, nonce] =
    /^([ny],[^,]*,)(n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/.exec(answer.toString('latin1', start + 4)) ?? []
  return header === undefined || bare === undefined || nonce === undefined ? undefined : {header, bare, nonce}
}

function hmac(key: Uint8Array, words: string): Buffer {
  return createHmac('sha256', key).update(words, 'latin1').digest()
}

function hash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
