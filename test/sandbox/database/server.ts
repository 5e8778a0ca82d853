import {createRequire} from 'node:module'
import {join} from 'node:path'
import {createDaemon} from './daemon.js'
import {type Account, type Folder, SOCKET_NAME} from './folder.js'
import {layDatabase, SUPERUSER} from './lay-database.js'

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

const PORT = 5432

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

/** Lays a new database in the folder; nothing runs until `start`. */
export async function createServer(
  folder: Folder,
  account: Account | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Server> {
  const daemon = createDaemon(folder, account, (line) =>
    line.includes('database system is ready to accept connections'),
  )
  let programs: string
  try {
    programs = await layDatabase(folder, account, environment, (file, parameters) => daemon.run(file, parameters))
  } catch (error) {
    await daemon.close()
    throw error
  }

  return {
    socketPath: join(folder.run, SOCKET_NAME),
    async start() {
      // Quoted, for the value is a list: a comma in a folder's name would end it.
      const settings = {...SETTINGS, unix_socket_directories: `"${folder.run}"`}
      const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      await daemon.start(join(programs, 'postgres'), ['-D', folder.data, ...parameters])
    },
    stop: () => daemon.stop('SIGINT'),
    query: (sql, database) => query(folder.run, sql, database),
    close: () => daemon.close(),
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
