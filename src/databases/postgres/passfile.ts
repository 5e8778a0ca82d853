import {fail} from '../../core/errors.js'
import type {LocalLogin} from '../database-kind.js'

/** The name of libpq's passfile. */
export const PASSFILE = 'passfile'

/**
 * libpq's passfile, `host:port:*:user:token`: any database, so that `\c other` works, but no other host, port or user. Some
 * drivers read it, too, and leave the `\` in the token that libpq needs there; what each of them takes for a match and the
 * others do not is a line for it alone.
 */
export function passfile(
  {endpoint, localPort, user}: Pick<LocalLogin, 'endpoint' | 'localPort' | 'user'>,
  token: string,
): string {
  if (/[\r\n\0]/.test(user)) {
    throw fail('VALUE_INVALID', 'The database user contains a line break.', {hint: 'Set the user: -U NAME'})
  }
  const [host, name, password] = [endpoint.host, user, token].map(escapeField)
  const lines = [
    // Npgsql (to 9) refuses the file at a line with a bare `:` in its token. It reads the port as a number, spaces or not.
    `${host}: ${localPort}:*:${name}:${password}`,
    // asyncpg (to 0.31, its issue 1249) leaves spaces around a line out.
    ` ${host}:${localPort}:*:${name}:${token}`,
    // sqlx (to 0.8, its pull request 3993) takes `\*` for any database.
    String.raw`${host}:${localPort}:\*:${name}:${token}`,
    // libpq, and pgx, lib/pq, pgjdbc and node-postgres, which read it as libpq does.
    `${host}:${localPort}:*:${name}:${password}`,
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** libpq ends a field at a bare `:`, drops one `\`, and takes a bare `*` for any name. */
function escapeField(field: string): string {
  return field.replaceAll(/[\\:*]/g, String.raw`\$&`)
}
