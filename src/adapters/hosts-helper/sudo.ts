import {statSync} from 'node:fs'

/** Never by PATH: it is given the user's password. */
const PLACES = ['/usr/bin/sudo', '/run/wrappers/bin/sudo']
const SETUID = 0o4000

export function findSudo(): string | undefined {
  return PLACES.find((file) => {
    const facts = statSync(file, {throwIfNoEntry: false})
    return facts?.isFile() && facts.uid === 0 && (facts.mode & SETUID) !== 0
  })
}
