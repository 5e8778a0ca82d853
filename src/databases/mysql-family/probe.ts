import {fail} from '../../core/errors.js'
import type {ProbeLine} from '../../core/ports/network.js'
import type {LoginOutcome, ProbeAnswer, ProbeLogin} from '../database-kind.js'
import {
  CAPABILITY,
  CLEAR_PASSWORD,
  emptyHandshakeResponse,
  errorText,
  type Greeting,
  NATIVE_PASSWORD,
  QUIT,
  readGreeting,
  readLoginAnswer,
  type ServerError,
  sslRequest,
} from './protocol/handshake.js'
import {Malformed, packet, readPacket} from './protocol/packets.js'

/** "Access denied". */
const DENIED = 1045

/**
 * Logs in with the token, and says goodbye: `max_connect_errors` counts clients that leave earlier, and locks the bastion out. The token goes to
 * the plugin that takes it as it is, within TLS that was verified; a server that asks for another proof gets an empty one.
 */
export async function probe(line: ProbeLine, login: ProbeLogin): Promise<ProbeAnswer> {
  const greeting = await greetingOf(line)
  if (greeting === undefined) return 'no-tls'
  if (greeting.kind === 'error') return {kind: 'failed', words: errorText(greeting)}
  if (!(greeting.capabilities & CAPABILITY.ssl)) return 'no-tls'
  line.write(packet(1, sslRequest()))
  await line.encrypt()
  try {
    return await logIn(line, greeting, login)
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause
    throw fail('PROTOCOL', `The database answered the login with ${cause.message}.`, {cause})
  }
}

/** Undefined where something else listens than a MySQL server. */
async function greetingOf(line: ProbeLine): Promise<Greeting | ServerError | undefined> {
  try {
    return readGreeting((await readPacket(line)).payload)
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

async function logIn(line: ProbeLine, greeting: Greeting, login: ProbeLogin): Promise<LoginOutcome> {
  const {user} = login
  const first = greeting.plugin === CLEAR_PASSWORD || greeting.plugin === '' ? NATIVE_PASSWORD : greeting.plugin
  line.write(packet(2, emptyHandshakeResponse(user, first)))
  let hasToken = false
  // Its own plugin's question and one switch; RDS asks no more.
  for (let asked = 0; asked < 3; asked++) {
    const {sequence, payload} = await readPacket(line)
    const answer = readLoginAnswer(payload)
    switch (answer.kind) {
      case 'ok':
        line.write(packet(0, QUIT))
        return {kind: 'in', user, isByIam: hasToken}
      case 'error':
        return refused(answer, hasToken)
      case 'more':
        line.write(packet(sequence + 1, Buffer.alloc(0)))
        break
      case 'switch':
        if (answer.plugin === CLEAR_PASSWORD && !hasToken) {
          hasToken = true
          line.write(packet(sequence + 1, Buffer.from(`${await login.token()}\0`)))
        } else line.write(packet(sequence + 1, Buffer.alloc(0)))
    }
  }
  throw new Malformed('one question after the other')
}

function refused(error: ServerError, hasToken: boolean): Exclude<LoginOutcome, {kind: 'in'}> {
  const words = errorText(error)
  if (error.code !== DENIED) return {kind: 'failed', words}
  return {kind: hasToken ? 'refused-by-iam' : 'asked-for-password', words}
}
