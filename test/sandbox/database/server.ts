import {once} from 'node:events'
import {createRequire} from 'node:module'
import {join} from 'node:path'
import {type Account, type Folder, SOCKET_NAME} from './folder.js'
import {startKeeper} from './keeper.js'

const require = createRequire(import.meta.url)

/** Cells as text, as PostgreSQL wrote them. */
export type Rows = (string | null)[][]

/** A real PostgreSQL server on a Unix socket, of data that lives as long as it does. */
export interface Server {
  readonly socketPath: string
  start(): Promise<void>
  /** Ends every session and the server; its data stays. */
  stop(): Promise<void>
  /** As the superuser; the rows of the last statement that has any. */
  query(sql: string, database: string): Promise<Rows>
  close(): Promise<void>
}

/** As on RDS, so that `postgres` is a name like any other. */
const SUPERUSER = 'rdsadmin'
const PORT = 5432
const REMEMBERED_LINES = 50

/** Nothing here is worth keeping after a crash; a sandbox must be there at once. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '300',
  shared_buffers: '32MB',
  // In the data folder: /dev/shm would keep what a killed server left there.
  dynamic_shared_memory_type: 'mmap',
  listen_addresses: '',
  port: String(PORT),
  unix_socket_permissions: '0700',
  log_min_messages: 'log',
  log_checkpoints: 'off',
} as const

/** Lays a new database in the folder; nothing runs until `start`. `programs` becomes the folder of initdb and postgres. */
export async function createServer(
  folder: Folder,
  account: Account | undefined,
  programs: Promise<string>,
): Promise<Server> {
  const keeper = startKeeper(folder.path, account)
  const said: string[] = []
  keeper.lines.on('line', (line) => {
    said.push(line)
    if (said.length > REMEMBERED_LINES) said.shift()
    if (line.includes('database system is ready to accept connections')) keeper.lines.emit('ready')
  })
  const broken = (program: string, how: string): Error => new Error(`${program}: ${how}\n${said.join('\n')}`)

  try {
    const initdb = [
      ...['-D', folder.data, '-U', SUPERUSER, '--auth=trust'],
      ...['--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    ]
    const how = await keeper.run(join(await programs, 'initdb'), initdb)
    if (how !== '0') throw broken('initdb', how)
  } catch (error) {
    await keeper.close()
    throw error
  }

  let running: Promise<string> | undefined
  return {
    socketPath: join(folder.run, SOCKET_NAME),
    async start() {
      // Quoted, for the value is a list: a comma in a folder's name would end it.
      const settings = {...SETTINGS, unix_socket_directories: `"${folder.run}"`}
      const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      const ready = once(keeper.lines, 'ready')
      running = keeper.run(join(await programs, 'postgres'), ['-D', folder.data, ...parameters])
      await Promise.race([
        ready,
        running.then((how) => {
          throw broken('postgres', how)
        }),
      ])
    },
    async stop() {
      keeper.signal('SIGINT')
      await running
    },
    query: (sql, database) => query(folder.run, sql, database),
    close: () => keeper.close(),
  }
}

/** The part of `pg` in use; the package comes without types. */
interface PgClient {
  connect(): Promise<void>
  query(query: {text: string; rowMode: 'array'; types: object}): Promise<{rows: Rows} | {rows: Rows}[]>
  end(): Promise<void>
}

async function query(host: string, sql: string, database: string): Promise<Rows> {
  const client = connectTo({host, port: PORT, user: SUPERUSER, database, ssl: false})
  await client.connect()
  try {
    const asText = {getTypeParser: () => String}
    const results = [await client.query({text: sql, rowMode: 'array', types: asText})].flat()
    return results.findLast(({rows}) => rows.length > 0)?.rows ?? []
  } finally {
    await client.end()
  }
}

function connectTo(config: object): PgClient {
  const {Client} = require('pg') as {Client: new (config: object) => PgClient}
  return new Client(config)
}
