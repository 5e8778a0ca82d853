import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {createAuthority} from './authority.js'
import {type Endpoint, type Verifier} from './endpoint.js'
import {findAccount, makeFolder} from './folder.js'
import {openFront} from './front.js'
import {type Front} from './listener.js'
import {type Login, type Theft} from './login.js'
import {isMysqlMode, type Mode} from './mode.js'
import {type MysqlFront, openMysqlFront} from './mysql/front.js'
import {createMariadb, type MariadbServer} from './mysql/server.js'
import {type Prepare, provision} from './provision.js'
import {createServer, type Rows} from './server.js'

export interface DatabaseOptions extends Verifier {
  readonly endpoints: readonly Endpoint[]
  /** Where to make the database's own folder; the temporary directory unless given. */
  readonly folder?: string | undefined
}

/**
 * Every endpoint of the account, served by one real PostgreSQL and one real MariaDB behind RDS's ways of TLS and IAM login.
 * MariaDB starts when one of its endpoints is first reached.
 */
export interface SandboxDatabase {
  /** The port on 127.0.0.1 that stands for an endpoint; undefined when nothing listens at that host and port. */
  portOf(host: string, port: number): Promise<number | undefined>
  /** The authority behind the endpoints' certificates, PEM. */
  readonly caFile: string
  /** Every attempt to log in so far. */
  logins(): readonly Login[]
  /** How a host behaves from the next connection on. */
  setMode(host: string, mode: Mode): void
  /** So many logins with a good token are refused from now on: what asks IAM in the database's place does not answer in time. */
  slowDown(logins: number): void
  /** Every password that reached a host in an impostor's mode. */
  impostorSaw(): readonly Theft[]
  /** How many connections to a MySQL or MariaDB endpoint ended before their login did, since the last one that was let in. */
  abortedConnects(host: string): number
  /** As PostgreSQL's superuser, past every front; cells as text. */
  query(sql: string, database?: string): Promise<Rows>
  /** Resets every connection and stops both servers; until `restart`, no login comes through. */
  stop(): Promise<void>
  /** As `stop`, then starts them again, at the same ports and with its data. */
  restart(): Promise<void>
  /** Leaves no process, port or file. */
  close(): Promise<void>
}

export async function startDatabase(options: DatabaseOptions): Promise<SandboxDatabase> {
  const {endpoints} = options
  const account = await findAccount()
  const folder = await makeFolder(account, options.folder)
  const [server, trusted, other] = await Promise.all([
    createServer(folder, account, process.env),
    createAuthority('Sandbox RDS root'),
    createAuthority('Some other root'),
  ])
  const caFile = join(folder.path, 'ca.pem')
  let prepare: Prepare
  try {
    await server.start()
    prepare = await provision(
      server,
      endpoints.filter(({mysql}) => !mysql),
    )
    await writeFile(caFile, trusted.root, {mode: 0o644})
  } catch (error) {
    await server.close()
    throw error
  }

  const logins: Login[] = []
  const thefts: Theft[] = []
  const modes = new Map<string, Mode>()
  const fronts = new Map<Endpoint, Promise<Front>>()
  const mysqlFronts = new Map<string, MysqlFront>()
  let mariadb: Promise<MariadbServer> | undefined
  let running = true
  let slowLogins = 0

  const startMariadb = async (): Promise<MariadbServer> => {
    const mysqlEndpoints = endpoints.filter(({mysql}) => mysql)
    const made = await createMariadb(mysqlEndpoints, account, options.folder)
    try {
      await made.start()
    } catch (error) {
      await made.close()
      throw error
    }
    return made
  }
  const frontOf = async (endpoint: Endpoint): Promise<Front> => {
    const common = {
      endpoint,
      verifier: options,
      isSlow: () => slowLogins > 0 && slowLogins-- > 0,
      record: (login: Login) => logins.push(login),
      recordTheft: (theft: Theft) => thefts.push(theft),
    }
    const mode = (): Mode => modes.get(endpoint.host) ?? 'honest'
    const {mysql: family} = endpoint
    if (!family) return openFront({...common, socketPath: server.socketPath, prepare}, {trusted, other}, mode)
    const socketPath = async (): Promise<string> => (await (mariadb ??= startMariadb())).socketPath
    // A test's first login need not wait for it twice.
    await socketPath()
    const front = await openMysqlFront({...common, family, socketPath}, {trusted, other}, mode)
    mysqlFronts.set(endpoint.host, front)
    return front
  }
  const eachFront = async (act: (front: Front) => Promise<void> | void): Promise<void> => {
    await Promise.all([...fronts.values()].map(async (front) => act(await front)))
  }
  const stop = async (): Promise<void> => {
    if (!running) return
    running = false
    await eachFront((front) => front.reset())
    await Promise.all([server.stop(), mariadb?.then((one) => one.stop())])
  }
  const close = async (): Promise<void> => {
    await eachFront((front) => front.close())
    await Promise.all([server.close(), mariadb?.then((one) => one.close()).catch(() => {})])
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
    slowDown: (count) => void (slowLogins = count),
    setMode(host, mode) {
      const isMysql = endpoints.some((endpoint) => endpoint.host === host && endpoint.mysql)
      if (isMysqlMode(mode) && !isMysql) throw new Error(`${host} is no MySQL: it has no such mode`)
      modes.set(host, mode)
    },
    impostorSaw: () => thefts,
    abortedConnects: (host) => mysqlFronts.get(host)?.abortedConnects() ?? 0,
    async query(sql, database = 'postgres') {
      await prepare(database)
      return server.query(sql, database)
    },
    stop,
    async restart() {
      await stop()
      await Promise.all([server.start(), mariadb?.then((one) => one.start())])
      running = true
    },
    close: () => (closed ??= close()),
  }
}
