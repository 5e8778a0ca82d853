import {fail} from '../../core/errors.js'
import type {LocalLogin} from '../database-kind.js'

/** The name of libpq's passfile. */
export const PASSFILE = 'passfile'

/** A line of libpq's passfile, `host:port:*:user:token`: any database, so that `\c other` works, but no other host, port or user. */
export function passLine(
  {endpoint, localPort, user}: Pick<LocalLogin, 'endpoint' | 'localPort' | 'user'>,
  token: string,
): string {
  if (/[\r\n\0]/.test(user)) {
    throw fail('VALUE_INVALID', 'The database user holds a line break.', {hint: 'Name the user with -U.'})
  }
  return `${escapeField(endpoint.host)}:${localPort}:*:${escapeField(user)}:${escapeField(token)}\n`
}

/** libpq ends a field at a bare `:`, drops one `\`, and takes a bare `*` for any name. */
function escapeField(field: string): string {
  return field.replaceAll(/[\\:*]/g, String.raw`\$&`)
}
