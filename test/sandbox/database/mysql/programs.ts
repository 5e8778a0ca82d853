import {accessSync, constants, existsSync, realpathSync} from 'node:fs'
import {delimiter, dirname, join} from 'node:path'

/** A MariaDB server that is installed on this machine. */
export interface MariadbPrograms {
  readonly server: string
  /** The folder of its system tables, messages and character sets. */
  readonly share: string
}

/** Where a server lies that is not for people to start; and where Homebrew has it. */
const FURTHER = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin', '/usr/local/bin']

/** What `npm test` says where there is none. */
export const MISSING =
  'MariaDB is not installed: tests with MySQL and MariaDB are skipped (apt-get install mariadb-server-core mariadb-client).'

/** MariaDB's server on PATH or in the usual places; undefined where there is none. */
export function findMariadb(path = process.env['PATH'] ?? ''): MariadbPrograms | undefined {
  const server = [...path.split(delimiter), ...FURTHER].map((folder) => join(folder, 'mariadbd')).find(isProgram)
  if (server === undefined) return undefined
  const prefix = join(dirname(realpathSync(server)), '..', 'share')
  const share = [join(prefix, 'mariadb'), join(prefix, 'mysql')].find((folder) => systemTablesIn(folder) !== undefined)
  return share === undefined ? undefined : {server, share}
}

/** Whether tests can have a MariaDB, and its client. */
export function hasMariadb(path = process.env['PATH'] ?? ''): boolean {
  return findMariadb(path) !== undefined && path.split(delimiter).some((folder) => isProgram(join(folder, 'mariadb')))
}

/** The files that make a new server's system tables, in order: MariaDB 11 renamed them. */
export function systemTablesIn(share: string): readonly string[] | undefined {
  const parts = ['system_tables', 'performance_tables', 'system_tables_data']
  return ['mariadb', 'mysql']
    .map((name) => parts.map((part) => join(share, `${name}_${part}.sql`)))
    .find((files) => files.every((file) => existsSync(file)))
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
