import {isDbtunnelError} from '../../../core/errors.js'
import {RateWindow} from '../../../core/rate-window.js'
import {redact} from '../../../core/text/redact.js'
import type {
  AutoLogin,
  AutoLoginOutcome,
  AutoLoginServer,
  AutoLoginTerms,
  ByteLine,
  LoginMeans,
} from '../../auto-login.js'
import {applicationName} from '../environment.js'
import {GUARD_OPTIONS, GUARD_RAILS} from '../guard-rails.js'
import {refusalIn} from '../login-check.js'
import {PASSFILE, passfile} from '../passfile.js'
import {CancelKeys} from './cancel-keys.js'
import {cancel, logIn} from './log-in.js'
import {type CancelKey, fatal, negotiateVersion, NO, type Opening, readOpening, wordsOf} from './messages.js'
import {placeInTheWay, placeUrl, placeVariables, PORT, SOCKET} from './place.js'
import {askPassword, type Verifier, verifierOf} from './scram.js'

type Startup = Extract<Opening, {kind: 'startup'}>

/** Begins the names of options of the protocol itself. */
const PROTOCOL_OPTION = '_pq_.'
const CANCELS_A_SECOND = 10

const INVALID_AUTHORIZATION = '28000'
const INVALID_PASSWORD = '28P01'
const CANNOT_CONNECT_NOW = '57P03'
const CONNECTION_REJECTED = '08004'

/** PostgreSQL's part of a local end that logs in by itself. */
export const autoLogin: AutoLogin = {
  socket: {name: SOCKET, port: PORT},
  start: (terms) => serverFor(terms),
  passwordFile: ({port, user, password}) => ({
    name: PASSFILE,
    // Clients look for the host as they were given it.
    text: ['127.0.0.1', 'localhost']
      .map((host) => passfile({endpoint: {host, port}, localPort: port, user}, password))
      .join(''),
  }),
  variables: placeVariables,
  inTheWay: placeInTheWay,
  url: placeUrl,
}

function serverFor(terms: AutoLoginTerms): AutoLoginServer {
  const keys = new CancelKeys()
  // By a clock that nobody sets.
  const cancels = new RateWindow(CANCELS_A_SECOND, 1000, () => performance.now())
  /** Of each local password, made once. */
  const verifiers = new Map<string, Promise<Verifier>>()
  const verifierFor = (password: string): Promise<Verifier> => {
    const verifier = verifiers.get(password) ?? verifierOf(password)
    verifiers.set(password, verifier)
    return verifier
  }
  return {
    async serve(program, means) {
      const opening = await readFirst(program)
      if (!opening) return {kind: 'strange'}
      if (opening.kind === 'cancel') {
        const real = keys.real(opening.key)
        if (!real || cancels.pauseMs > 0) return {kind: 'strange'}
        cancels.note()
        return serveCancel(program, real, means)
      }
      const refused = whyNot(opening, terms.user)
      if (refused !== undefined) {
        program.end(fatal(INVALID_AUTHORIZATION, refused))
        return {kind: 'refused', why: refused}
      }
      negotiate(program, opening)
      const {localPassword} = means
      if (localPassword !== undefined && !(await askPassword(program, await verifierFor(localPassword)))) {
        await means.penalty()
        program.end(
          fatal(
            INVALID_PASSWORD,
            `password authentication failed for user "${terms.user}"`,
            'This is dbtunnel’s local end: its password is in the passfile that "dbtunnel open" names.',
          ),
        )
        return {kind: 'wrong-password'}
      }
      return admit(program, opening, terms, means, keys)
    },
  }
}

/** What the program wants, after requests for an encryption that there is not: one of each, with nothing behind it. */
async function readFirst(program: ByteLine): Promise<Exclude<Opening, {kind: 'ssl' | 'gss'}> | undefined> {
  const asked = new Set<string>()
  for (;;) {
    const opening = await readOpening(program)
    if (!opening) return undefined
    if (opening.kind === 'cancel' || opening.kind === 'startup') return opening
    if (asked.has(opening.kind) || program.unread > 0) return undefined
    asked.add(opening.kind)
    program.write(NO)
  }
}

/** Why a program may not come in, whatever it knows; undefined when it may. */
function whyNot({parameters}: Startup, tunnelUser: string): string | undefined {
  const user = Buffer.from(parameters.get('user') ?? '', 'latin1').toString()
  if (user !== tunnelUser) {
    return `dbtunnel logs in as "${tunnelUser}" here, and as nobody else; "${user.slice(0, 63)}" was asked for`
  }
  if (parameters.has('replication')) return 'dbtunnel opens no replication connections'
  return undefined
}

/** For a program that speaks a newer protocol, or asks for options of it. */
function negotiate(program: ByteLine, {minor, parameters}: Startup): void {
  const options = [...parameters.keys()].filter((name) => name.startsWith(PROTOCOL_OPTION))
  if (minor > 0 || options.length > 0) program.write(negotiateVersion(options))
}

async function admit(
  program: ByteLine,
  startup: Startup,
  terms: AutoLoginTerms,
  means: LoginMeans,
  keys: CancelKeys,
): Promise<AutoLoginOutcome> {
  const parameters = parametersFor(startup, terms)
  try {
    const line = await means.connect()
    try {
      const answer = await logIn(line, parameters, () => means.token(), keys)
      if (answer.kind === 'in') {
        program.write(answer.greeting)
        const database = Buffer.from(parameters.get('database') ?? parameters.get('user') ?? '', 'latin1').toString()
        return {kind: 'in', line, database, left: answer.forget}
      }
      line.end()
      program.end(Buffer.concat([answer.said, answer.error.bytes]))
      return {kind: 'refused-by-database', outcome: refusalIn(wordsOf(answer.error))}
    } catch (error) {
      line.end()
      throw error
    }
  } catch (error) {
    return turnAway(program, error)
  }
}

function turnAway(program: ByteLine, error: unknown): AutoLoginOutcome {
  if (!isDbtunnelError(error)) throw error
  const sqlState = ['TLS_IDENTITY', 'PROTOCOL'].includes(error.code) ? CONNECTION_REJECTED : CANNOT_CONNECT_NOW
  program.end(fatal(sqlState, `dbtunnel: ${redact(error.message)}`, error.hint && redact(error.hint)))
  return {kind: 'failed', error}
}

async function serveCancel(program: ByteLine, key: CancelKey, means: LoginMeans): Promise<AutoLoginOutcome> {
  try {
    await cancel(await means.connect(), key)
    program.end()
    return {kind: 'served'}
  } catch (error) {
    if (!isDbtunnelError(error)) throw error
    program.end()
    return {kind: 'failed', error}
  }
}

/**
 * What the database is told of the session: what the program wants, with the guard rails in the last place, where they win.
 * They are parameters, too: those win over `options`.
 */
function parametersFor({parameters}: Startup, {target, reason, readOnly}: AutoLoginTerms): ReadonlyMap<string, string> {
  const guards = readOnly ? Object.entries(GUARD_RAILS) : []
  const guarded = new Set(guards.map(([name]) => name))
  const wanted = new Map(
    [...parameters].filter(
      // The names of settings have no case.
      ([name]) => !name.startsWith(PROTOCOL_OPTION) && !guarded.has(name.toLowerCase()) && !OURS.includes(name),
    ),
  )
  const [options, name] = OURS.map((one) => parameters.get(one))
  const allOptions = [options, readOnly ? GUARD_OPTIONS : ''].filter(Boolean).join(' ')
  const own = applicationName({target, reason}, name === undefined ? undefined : Buffer.from(name, 'latin1').toString())
  wanted.set('application_name', Buffer.from(own).toString('latin1'))
  if (allOptions !== '') wanted.set('options', allOptions)
  for (const [guard, value] of guards) wanted.set(guard, value)
  return wanted
}

const OURS: readonly string[] = ['options', 'application_name']
