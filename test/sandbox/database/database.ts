import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {createAuthority} from './authority.js'
import {type Endpoint, type Verifier} from './endpoint.js'
import {findAccount, makeFolder} from './folder.js'
import {type Front, openFront} from './front.js'
import {type Login, type Theft} from './login.js'
import {type Mode} from './mode.js'
import {providePrograms} from './programs.js'
import {type Prepare, provision} from './provision.js'
import {createServer, type Rows} from './server.js'

export interface DatabaseOptions extends Verifier {
  readonly endpoints: readonly Endpoint[]
  /** Where to make the database's own folder; the temporary directory unless given. */
  readonly folder?: string | undefined
}

/** Every endpoint of the account, served by one real PostgreSQL behind RDS's ways of TLS and IAM login. */
export interface SandboxDatabase {
  /** The port on 127.0.0.1 that stands for an endpoint; undefined when nothing listens at that host and port. */
  portOf(host: string, port: number): Promise<number | undefined>
  /** The authority behind the endpoints' certificates, PEM. */
  readonly caFile: string
  /** Every attempt to log in so far. */
  logins(): readonly Login[]
  /** How a host behaves from the next connection on. */
  setMode(host: string, mode: Mode): void
  /** Every password that reached a host in an impostor's mode. */
  impostorSaw(): readonly Theft[]
  /** As the superuser, past every front; cells as text. */
  query(sql: string, database?: string): Promise<Rows>
  /** Resets every connection and stops PostgreSQL; until `restart`, no login comes through. */
  stop(): Promise<void>
  /** As `stop`, then starts PostgreSQL again, at the same ports and with its data. */
  restart(): Promise<void>
  /** Leaves no process, port or file. */
  close(): Promise<void>
}

export async function startDatabase(options: DatabaseOptions): Promise<SandboxDatabase> {
  const {endpoints} = options
  const account = await findAccount()
  const folder = await makeFolder(account, options.folder)
  const [server, trusted, other] = await Promise.all([
    createServer(folder, account, providePrograms(folder.path, process.env)),
    createAuthority('Sandbox RDS root'),
    createAuthority('Some other root'),
  ])
  const caFile = join(folder.path, 'ca.pem')
  let prepare: Prepare
  try {
    await server.start()
    prepare = await provision(server, endpoints)
    await writeFile(caFile, trusted.root, {mode: 0o644})
  } catch (error) {
    await server.close()
    throw error
  }

  const logins: Login[] = []
  const thefts: Theft[] = []
  const modes = new Map<string, Mode>()
  const fronts = new Map<Endpoint, Promise<Front>>()
  let running = true

  const frontOf = (endpoint: Endpoint): Promise<Front> => {
    const desk = {
      endpoint,
      verifier: options,
      socketPath: server.socketPath,
      prepare,
      record: (login: Login) => logins.push(login),
      recordTheft: (theft: Theft) => thefts.push(theft),
    }
    return openFront(desk, {trusted, other}, () => modes.get(endpoint.host) ?? 'honest')
  }
  const eachFront = async (act: (front: Front) => Promise<void> | void): Promise<void> => {
    await Promise.all([...fronts.values()].map(async (front) => act(await front)))
  }
  const stop = async (): Promise<void> => {
    if (!running) return
    running = false
    await eachFront((front) => front.reset())
    await server.stop()
  }
  const close = async (): Promise<void> => {
    await eachFront((front) => front.close())
    await server.close()
  }
  let closed: Promise<void> | undefined

  return {
    async portOf(host, port) {
      const endpoint = endpoints.find((known) => known.host === host.toLowerCase() && known.port === port)
      if (!endpoint) return undefined
      const front = fronts.get(endpoint) ?? frontOf(endpoint)
      fronts.set(endpoint, front)
      return (await front).port
    },
    caFile,
    logins: () => logins,
    setMode: (host, mode) => void modes.set(host, mode),
    impostorSaw: () => thefts,
    async query(sql, database = 'postgres') {
      await prepare(database)
      return server.query(sql, database)
    },
    stop,
    async restart() {
      await stop()
      await server.start()
      running = true
    },
    close: () => (closed ??= close()),
  }
}
