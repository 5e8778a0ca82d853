/** What the system's error numbers mean, in a few plain words, to stand behind a colon. */
const MEANINGS: Readonly<Record<string, string>> = {
  E2BIG: 'its arguments and environment are too long',
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it would become too large',
  EIO: 'the disk reports an error',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long',
  ENFILE: 'too many files are open',
  ENOENT: 'it does not exist',
  ENOEXEC: 'it is not a program for this machine',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is not a folder',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
}

/** The name of the error number; empty for any other error. */
export function errnoOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code !== undefined && /^E[A-Z0-9]+$/.test(code) ? code : ''
}

export function hasErrno(error: unknown, ...codes: string[]): boolean {
  return codes.includes(errnoOf(error))
}

/** Why a call to the system failed. `special` has other words for some numbers, where they say more. */
export function reasonOf(error: unknown, special: Readonly<Record<string, string>> = {}): string {
  const code = errnoOf(error)
  return special[code] ?? MEANINGS[code] ?? (error as Error).message
}
