import {type DbtunnelError, fail} from '../../core/errors.js'
import {errnoOf, reasonOf} from '../errno.js'

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'Run it as root',
  EPERM: 'Run it as root, on a file that is not immutable',
  ENOSPC: 'Free some space',
}

const OBSTACLES: Readonly<Record<string, string>> = {
  EACCES: 'needs root',
  ENOENT: 'is missing',
  EPERM: 'may not be changed',
  EROFS: 'is on a read-only file system',
}

/** HOSTS_UNWRITABLE with the errno's meaning in plain words. */
export function unwritable(path: string, cause: unknown): DbtunnelError {
  const code = errnoOf(cause)
  const reason = reasonOf(cause, {EACCES: 'it needs root'})
  return fail('HOSTS_UNWRITABLE', `The hosts file ${path} cannot be written: ${reason}${code && ` (${code})`}.`, {
    hint: `${REMEDIES[code] ?? 'Mend that'}, or connect without the hosts file: --resolve hostaddr`,
    cause,
  })
}

/** In a few words, to stand behind "The hosts file". */
export function obstacleOf(cause: unknown): string {
  return OBSTACLES[errnoOf(cause)] ?? `cannot be written (${(cause as Error).message})`
}
