import {fail, isDbtunnelError} from '../../core/errors.js'
import type {SigningApi} from '../../core/ports/aws.js'
import type {Clock} from '../../core/ports/clock.js'
import type {PrivateFiles} from '../../core/ports/files.js'
import type {Run} from '../../core/run.js'
import {signToken, type TokenLogin} from '../sign-token.js'

/** A token is good for 15 minutes; from this age on it is replaced. */
const RENEW_AFTER_MS = 10 * 60_000

/** How often its age is looked at: timers stand still while a laptop sleeps, the clock does not. */
const LOOK_EVERY_MS = 30_000

export interface PassfileLogin extends TokenLogin {
  /** With the endpoint's name, what the passfile is keyed by: where libpq connects. */
  readonly localPort: number
}

export interface PassfilePorts {
  readonly signing: SigningApi
  readonly files: PrivateFiles
  readonly clock: Clock
}

export interface Passfile {
  readonly path: string
  /** Writes a fresh token now, as after a stop (SIGCONT). Never rejects: what goes wrong is said, once. */
  refresh(): Promise<void>
}

/**
 * Writes libpq's passfile with a fresh IAM token into this run's private
 * `folder` and keeps it fresh until undone. Rejects when the first token
 * cannot be made; a later failure is said once and tried again, for a client
 * that is logged in needs no token.
 */
export async function keepPassfile(
  login: PassfileLogin,
  folder: string,
  ports: PassfilePorts,
  run: Run,
): Promise<Passfile> {
  const {clock, files, signing} = ports
  const stop = new AbortController()
  let signedAt = 0
  let written: Promise<string> | undefined
  let renewing = Promise.resolve()
  let said = false

  run.undo.push('passfile', 'local', async () => {
    stop.abort()
    // Else the file could appear after its folder was emptied.
    await written?.catch(() => {})
  })

  const write = async (): Promise<string> => {
    const now = clock.now()
    const line = passLine(login, await signToken(login, signing))
    stop.signal.throwIfAborted()
    written = files.write(folder, 'passfile', line)
    const path = await written
    signedAt = now
    return path
  }
  const renew = async (): Promise<void> => {
    try {
      await write()
      said = false
    } catch (error) {
      if (stop.signal.aborted) return
      if (!said) run.say.notice(renewalNotice(error), 'client')
      said = true
    }
  }
  // One after another: whoever asks wants a token signed from now on, and none that was signed before a stop.
  const refresh = (): Promise<void> => (renewing = renewing.then(renew))
  const keep = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(LOOK_EVERY_MS, stop.signal)
      const age = clock.now() - signedAt
      // Below zero, the clock was set back: a token from the future is refused.
      if (age >= RENEW_AFTER_MS || age < 0) await refresh()
    }
  }

  const path = await write()
  // Ends when `stop` aborts the sleep.
  keep().catch(() => {})
  return {path, refresh}
}

/** `host:port:*:user:token`: any database, so that `\c other` works, but no other host, port or user. */
function passLine({endpoint, localPort, user}: PassfileLogin, token: string): string {
  if (/[\r\n\0]/.test(user)) {
    throw fail('VALUE_INVALID', 'The database user holds a line break.', {hint: 'Name the user with -U.'})
  }
  return `${escapeField(endpoint.host)}:${localPort}:*:${escapeField(user)}:${escapeField(token)}\n`
}

/** libpq ends a field at a bare `:`, drops one `\`, and takes a bare `*` for any name. */
function escapeField(field: string): string {
  return field.replaceAll(/[\\:*]/g, String.raw`\$&`)
}

function renewalNotice(error: unknown): string {
  const why = isDbtunnelError(error) ? `${error.message} ` : ''
  return `The database token could not be renewed; until it is, a new login (\\c) may be refused. ${why}Trying again every ${LOOK_EVERY_MS / 1000} s.`
}
