import {basename, dirname, join} from 'node:path'
import {fail} from '../../core/errors.js'
import type {Connection} from '../connection.js'
import type {LocalLogin} from '../database-kind.js'

/** The name that clients look for in the folder of MYSQL_HOME. */
export const OPTION_FILE = 'my.cnf'

/** Both families cut a line here, take what is left for another option, and print it. */
const LINE_BYTES = 4000

/**
 * An option file with the login, for every program of MySQL and MariaDB. MariaDB's verify the database by it. Oracle's need
 * options that MariaDB's refuse to start with, and send no token before they are given them.
 */
export function optionFile({endpoint, localPort, user, database, authoritiesFile}: LocalLogin, token: string): string {
  const lines = [
    '[client]',
    option('host', endpoint.host),
    option('port', String(localPort)),
    'protocol=tcp',
    option('user', user),
    option('password', token),
    option('ssl-ca', authoritiesFile),
    '[client-mariadb]',
    'ssl-verify-server-cert',
    // Not for all: mysqldump and others do not know it.
    '[mysql]',
    option('database', database),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function option(name: string, value: string): string {
  if (/[\r\n\0]/.test(value)) {
    throw fail('VALUE_INVALID', `The ${name} for the database holds a line break.`, {
      hint: 'Name user and database with -U and -d.',
    })
  }
  const line = `${name}="${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`
  if (Buffer.byteLength(line) > LINE_BYTES) {
    throw fail('VALUE_INVALID', `The ${name} for the database is too long for an option file of MySQL.`, {
      hint: 'Sign with other credentials: with long-term keys, a token is shorter.',
    })
  }
  return line
}

/** Oracle's clients read this after all other files, and any variable that names another is obeyed. */
const LOGIN_PATH = 'MYSQL_TEST_LOGIN_FILE'

/** Variables that lead a client elsewhere, give it another password, or lower what it checks. */
export const IN_THE_WAY = [
  'MYSQL_HOST',
  'MYSQL_TCP_PORT',
  'MYSQL_UNIX_PORT',
  'MYSQL_PWD',
  'MYSQL_GROUP_SUFFIX',
  'MARIADB_HOME',
  'MARIADB_UNIX_PORT',
  'MARIADB_GROUP_SUFFIX',
  'MARIADB_PLUGIN_DIR',
  'MARIADB_TLS_DISABLE_PEER_VERIFICATION',
  'LIBMYSQL_PLUGINS',
  'LIBMYSQL_PLUGIN_DIR',
  'LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN',
] as const

const HARMLESS = ['MYSQL_HISTFILE', 'MYSQL_HISTIGNORE', 'MYSQL_PS1', 'MARIADB_HISTFILE']

export function ownsVariable(name: string): boolean {
  return /^(?:MYSQL|MARIADB|LIBMYSQL)_/.test(name)
}

export function isHarmless(name: string): boolean {
  return HARMLESS.includes(name)
}

/** Read after the file that MYSQL_HOME leads to. */
export const HOME_FILES = ['.my.cnf'] as const

/** What leads every program of MySQL and MariaDB to the option file. Throws CONFIG_INVALID where the user's own would win over it. */
export function variables({loginFiles, homeFiles}: Connection): Readonly<Record<string, string>> {
  const mine = homeFiles.find((file) => HOME_FILES.some((name) => basename(file) === name))
  if (mine !== undefined) {
    throw fail('CONFIG_INVALID', `Clients read ${mine} last: it could lead them elsewhere, or have them check less.`, {
      hint: `Move it away for this: mv ${mine} ${mine}.away`,
    })
  }
  const folder = dirname(loginFiles[OPTION_FILE] ?? '/nonexistent/')
  return {MYSQL_HOME: folder, [LOGIN_PATH]: join(folder, 'no-login-path')}
}

/** For programs that take a URL. They find no password in it. */
export function url(scheme: string, {user, host, localPort, database, authoritiesFile}: Connection): string {
  const query = new URLSearchParams({'ssl-mode': 'VERIFY_IDENTITY', 'ssl-ca': authoritiesFile})
  return `${scheme}://${encodeURIComponent(user)}@${host}:${localPort}/${encodeURIComponent(database)}?${query.toString()}`
}
