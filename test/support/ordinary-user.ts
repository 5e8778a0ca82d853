import {chmodSync, chownSync} from 'node:fs'
import {dirname} from 'node:path'

/** An account that every machine has, and nobody uses; its group has the same number. */
export const NOBODY = 65_534

/** Gives the sandbox's folders for a program to the ordinary user, as root only. */
export function asOrdinary<E extends Readonly<Record<string, string>>>(env: E): E {
  // Its HOME can be reached, and no other one be found.
  chmodSync(dirname(env['HOME'] ?? ''), 0o711)
  for (const name of ['HOME', 'TMPDIR']) chownSync(env[name] ?? '', NOBODY, NOBODY)
  return env
}
