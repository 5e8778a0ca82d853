import {type DbtunnelError, fail} from '../../core/errors.js'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'it needs root',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it would become too large',
  EIO: 'the disk reports an error',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOENT: 'there is no such file',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is no folder',
  EPERM: 'the system does not permit it',
  EROFS: 'its file system is read-only',
}

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'Run it as root (sudo)',
  EPERM: 'Run it as root (sudo) on a file that is not immutable',
  ENOSPC: 'Free some space',
}

const OBSTACLES: Readonly<Record<string, string>> = {
  EACCES: 'needs root',
  ENOENT: 'is missing',
  EPERM: 'may not be changed',
  EROFS: 'is on a read-only file system',
}

/** The errno's name; empty for any other error. */
export function errnoOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code !== undefined && /^E[A-Z0-9]+$/.test(code) ? code : ''
}

export function hasErrno(error: unknown, ...codes: string[]): boolean {
  return codes.includes(errnoOf(error))
}

/** HOSTS_UNWRITABLE with the errno's meaning in plain words. */
export function unwritable(path: string, cause: unknown): DbtunnelError {
  const code = errnoOf(cause)
  return fail('HOSTS_UNWRITABLE', `The hosts file ${path} cannot be written: ${reasonOf(code, cause)}.`, {
    hint: `${REMEDIES[code] ?? 'Mend that'}, or connect without the hosts file: --resolve hostaddr`,
    cause,
  })
}

/** In a few words, to stand behind "The hosts file". */
export function obstacleOf(cause: unknown): string {
  return OBSTACLES[errnoOf(cause)] ?? `cannot be written (${(cause as Error).message})`
}

function reasonOf(code: string, cause: unknown): string {
  const reason = REASONS[code]
  return reason === undefined ? (cause as Error).message : `${reason} (${code})`
}
