import {fail} from '../core/errors.js'
import type {DatabaseKind} from './database-kind.js'

/** Refuses a user that no database of this kind can have. Throws VALUE_INVALID. */
export function checkUser({label, longestUser}: Pick<DatabaseKind, 'label' | 'longestUser'>, user: string): void {
  const length = [...user].length
  if (longestUser === undefined || length <= longestUser) return
  throw fail('VALUE_INVALID', `${user} has ${length} characters, and a user of ${label} has at most ${longestUser}.`, {
    hint: 'Name the user with -U.',
  })
}

/** Refuses read-only sessions where the variables of a kind's clients cannot bring them about. Throws VALUE_INVALID. */
export function checkReadOnly(
  {label, takesSettings}: Pick<DatabaseKind, 'label' | 'takesSettings'>,
  {readOnly}: {readonly readOnly: boolean},
): void {
  if (!readOnly || takesSettings) return
  throw fail('VALUE_INVALID', `Clients of ${label} read no settings for a session: it cannot be kept read-only.`, {
    hint: 'Log in as a user that may only read, or connect without this guard rail: --write',
  })
}
