import {basename} from 'node:path'

/** PostgreSQL's own programs that connect to a server: all of them do it by libpq, and so by the PG* variables. */
const PROGRAMS: ReadonlySet<string> = new Set([
  'clusterdb',
  'createdb',
  'createuser',
  'dropdb',
  'dropuser',
  'pg_amcheck',
  'pg_basebackup',
  'pg_dump',
  'pg_dumpall',
  'pg_isready',
  'pg_receivewal',
  'pg_recvlogical',
  'pg_restore',
  'pgbench',
  'psql',
  'reindexdb',
  'vacuumdb',
])

/** Whether a program, as it was typed, is known to connect by libpq. Of any other that is not known. */
export function isLibpqClient(program: string): boolean {
  return PROGRAMS.has(basename(program))
}
