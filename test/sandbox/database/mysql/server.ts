import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {createDaemon} from '../daemon.js'
import {type Endpoint} from '../endpoint.js'
import {type Account, makeFolder} from '../folder.js'
import {findMariadb, MISSING, systemTablesIn} from './programs.js'

/** A real MariaDB on a Unix socket, of data that lives as long as it does. Its accounts have empty passwords. */
export interface MariadbServer {
  readonly socketPath: string
  start(): Promise<void>
  /** Ends every session and the server; its data stays. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** Nothing here is worth keeping after a crash; a sandbox must be there at once. */
const SETTINGS = {
  'innodb-buffer-pool-size': '16M',
  'innodb-log-file-size': '4M',
  'innodb-flush-log-at-trx-commit': '0',
  'innodb-fast-shutdown': '2',
  'performance-schema': 'off',
  'max-connections': '300',
  'default-time-zone': '+00:00',
  'character-set-server': 'utf8mb4',
} as const

/** What an ordinary person may do: all but to administer the server. */
const PRIVILEGES = [
  ...['select', 'insert', 'update', 'delete', 'create', 'drop', 'index', 'alter', 'process', 'reload', 'trigger'],
  ...['create view', 'show view', 'lock tables', 'create temporary tables', 'event', 'create routine', 'execute'],
].join(', ')

/** Lays a new server in a folder of its own; nothing runs until `start`. Rejects where MariaDB is not installed. */
export async function createMariadb(
  endpoints: readonly Endpoint[],
  account: Account | undefined,
  parent?: string,
): Promise<MariadbServer> {
  const programs = findMariadb()
  const tables = programs && systemTablesIn(programs.share)
  if (!programs || !tables) throw new Error(MISSING)
  const {server, share} = programs
  const folder = await makeFolder(account, parent)
  const daemon = createDaemon(folder, account, (line) => line.includes('ready for connections'))
  const common = [
    '--no-defaults',
    `--datadir=${folder.data}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, 'charsets')}`,
    '--skip-networking',
    '--innodb-buffer-pool-size=16M',
    '--innodb-log-file-size=4M',
  ]
  const accounts = join(folder.path, 'accounts.sql')
  try {
    const texts = await Promise.all(tables.map((file) => readFile(file, 'utf8')))
    const bootstrap = join(folder.path, 'bootstrap.sql')
    await Promise.all([
      writeFile(bootstrap, ['create database mysql;\nuse mysql;\n', ...texts].join('\n'), {mode: 0o644}),
      writeFile(accounts, accountStatements(endpoints), {mode: 0o644}),
    ])
    await daemon.run(server, [...common, '--bootstrap'], bootstrap)
  } catch (error) {
    await daemon.close()
    throw error
  }

  const socketPath = join(folder.run, 'mysql.sock')
  return {
    socketPath,
    start() {
      const settings = Object.entries(SETTINGS).map(([name, value]) => `--${name}=${value}`)
      const own = [`--socket=${socketPath}`, `--pid-file=${join(folder.run, 'pid')}`, `--init-file=${accounts}`]
      return daemon.start(server, [...common, ...settings, ...own])
    },
    stop: () => daemon.stop('SIGTERM'),
    close: () => daemon.close(),
  }
}

/** One statement a line, as an init file wants them. Each start runs them anew. */
function accountStatements(endpoints: readonly Endpoint[]): string {
  const users = new Set(endpoints.flatMap((endpoint) => endpoint.users.map(({name}) => name)))
  const databases = new Set(endpoints.map(({databaseName}) => databaseName))
  databases.delete('mysql')
  return [
    "delete from mysql.global_priv where User = '';",
    'flush privileges;',
    ...[...databases].map((name) => `create database if not exists \`${name.replaceAll('`', '``')}\`;`),
    ...[...users].flatMap((name) => [
      `create user if not exists ${quote(name)}@'%' identified by '';`,
      `grant ${PRIVILEGES} on *.* to ${quote(name)}@'%';`,
    ]),
    '',
  ].join('\n')
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
