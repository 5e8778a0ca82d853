import type {Client} from '../client.js'

/** PostgreSQL's own programs beside psql that connect to a server: all of them do it by libpq, and so by the PG* variables. */
export const postgresPrograms: Client = {
  id: 'postgres-programs',
  databases: ['postgres'],
  takesAddress: true,
  programs: [
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
    'reindexdb',
    'vacuumdb',
  ],
}
