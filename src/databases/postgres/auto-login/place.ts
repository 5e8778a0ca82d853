import type {AutoLoginPlace} from '../../auto-login.js'
import {IN_THE_WAY} from '../environment.js'

/** The port that the socket is named after: libpq looks for no other name. */
export const PORT = 5432
export const SOCKET = `.s.PGSQL.${PORT}`

/** Of another tunnel's lines; with them libpq would ask for TLS, or look elsewhere. */
const OTHERS = [
  ...IN_THE_WAY,
  'PGSSLROOTCERT',
  'PGHOSTADDR',
  'PGCHANNELBINDING',
  'PGAPPNAME',
  'PGPASSFILE',
  'PGREQUIREAUTH',
  'PGREQUIREPEER',
] as const

/** The lines lead to the socket, and where there is a port as well, to that: not all clients know sockets. */
export function placeVariables({
  folder,
  osUser,
  tcp,
  user,
  database,
}: AutoLoginPlace): Readonly<Record<string, string>> {
  const where = tcp
    ? // Else whatever sat on the port after us could ask for the password in clear text (libpq 16).
      {PGHOST: '127.0.0.1', PGPORT: String(tcp.port), PGPASSFILE: tcp.passwordFile, PGREQUIREAUTH: 'scram-sha-256'}
    : {PGHOST: folder, PGPORT: String(PORT), ...(osUser === undefined ? {} : {PGREQUIREPEER: osUser})}
  return {...where, PGUSER: user, PGDATABASE: database, PGSSLMODE: 'disable', PGGSSENCMODE: 'disable'}
}

export function placeInTheWay(place: AutoLoginPlace): readonly string[] {
  const ours = Object.keys(placeVariables(place))
  return [...new Set<string>(OTHERS)].filter((name) => !ours.includes(name))
}

export function placeUrl({folder, tcp, user, database}: AutoLoginPlace): string {
  // A folder in the place of the host, as libpq and node-postgres have it.
  const where = tcp ? `127.0.0.1:${tcp.port}` : `${encodeURIComponent(folder)}:${PORT}`
  return `postgresql://${encodeURIComponent(user)}@${where}/${encodeURIComponent(database)}?sslmode=disable`
}
