import {isDbtunnelError} from '../core/errors.js'
import type {SigningApi} from '../core/ports/aws.js'
import type {Clock} from '../core/ports/clock.js'
import type {PrivateFiles} from '../core/ports/files.js'
import type {Run} from '../core/run.js'
import type {DatabaseKind, LocalLogin} from './database-kind.js'
import {signToken} from './sign-token.js'

/** A token is good for 15 minutes; from this age on it is replaced. */
const RENEW_AFTER_MS = 10 * 60_000

/** How often its age is looked at: timers stand still while a laptop sleeps, the clock does not. */
const LOOK_EVERY_MS = 30_000

export interface LoginPorts {
  readonly signing: SigningApi
  readonly files: Pick<PrivateFiles, 'write'>
  readonly clock: Clock
}

/** A login that programs find in files, for as long as the run lasts. */
export interface FreshLogin {
  /** Their paths, by their names. */
  readonly files: Readonly<Record<string, string>>
  /** Writes a fresh token now, as after a stop (SIGCONT). Never rejects: what goes wrong is said, once. */
  refresh(): Promise<void>
}

/**
 * Writes the login files of a database's kind, with a fresh IAM token, into this run's private `folder` and keeps them
 * fresh until undone. Rejects when the first token cannot be made; a later failure is said once and tried again, for a
 * client that is logged in needs no token.
 */
export async function keepLoginFresh(
  kind: Pick<DatabaseKind, 'loginFiles'>,
  login: LocalLogin,
  folder: string,
  ports: LoginPorts,
  run: Run,
): Promise<FreshLogin> {
  const {clock, files, signing} = ports
  const stop = new AbortController()
  let signedAt = 0
  let written: Promise<FreshLogin['files']> | undefined
  let renewing = Promise.resolve()
  let said = false

  run.undo.push('login files', 'local', async () => {
    stop.abort()
    // Else the file could appear after its folder was emptied.
    await written?.catch(() => {})
  })

  const write = async (): Promise<FreshLogin['files']> => {
    const now = clock.now()
    const texts = kind.loginFiles(login, await signToken(login, signing))
    stop.signal.throwIfAborted()
    written = writeAll(texts, folder, files)
    const paths = await written
    signedAt = now
    return paths
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
  // One after another: each caller wants a token signed from now on, not one that was signed before a stop.
  const refresh = (): Promise<void> => (renewing = renewing.then(renew))
  const keep = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(LOOK_EVERY_MS, stop.signal)
      const age = clock.now() - signedAt
      // Below zero, the clock was set back: a token from the future is refused.
      if (age >= RENEW_AFTER_MS || age < 0) await refresh()
    }
  }

  const paths = await write()
  // Ends when `stop` aborts the sleep.
  keep().catch(() => {})
  return {files: paths, refresh}
}

async function writeAll(
  texts: Readonly<Record<string, string>>,
  folder: string,
  files: Pick<PrivateFiles, 'write'>,
): Promise<FreshLogin['files']> {
  const paths: Record<string, string> = {}
  for (const [name, text] of Object.entries(texts)) paths[name] = await files.write(folder, name, text)
  return paths
}

function renewalNotice(error: unknown): string {
  const why = isDbtunnelError(error) ? `${error.message} ` : ''
  return `The database token could not be renewed, and new logins may be refused until it is. ${why}Trying again every ${LOOK_EVERY_MS / 1000} s.`
}
