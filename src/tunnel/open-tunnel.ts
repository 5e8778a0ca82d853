import {trustAuthorities} from '../databases/authorities.js'
import type {Connection} from '../databases/postgres/environment.js'
import {GUARD_OPTIONS} from '../databases/postgres/guard-rails.js'
import {checkProxy} from '../databases/rds-proxy.js'
import type {Settings} from '../settings/settings.js'
import {withDeadline} from '../core/deadline.js'
import {fail} from '../core/errors.js'
import type {AwsApi, CallerIdentity} from '../core/ports/aws.js'
import type {CachePort} from '../core/ports/cache.js'
import type {Clock} from '../core/ports/clock.js'
import type {PrivateFiles} from '../core/ports/files.js'
import type {HostsFile, HostsHelperPort, HostsPort} from '../core/ports/hosts.js'
import type {ConnectionBudget} from '../core/connection-budget.js'
import type {ConnectionOwners, DialPort, ListenPort, PortOwners, Prober, WebSocketPort} from '../core/ports/network.js'
import type {OverflowPort} from '../core/ports/overflow.js'
import type {ProcessPort} from '../core/ports/process.js'
import type {StatePort} from '../core/ports/state.js'
import type {Progress} from '../core/ports/progress.js'
import type {Run} from '../core/run.js'
import type {TunnelRecord} from '../core/results/tunnel-record.js'
import {mapName, type NameMapping, type NameOptions} from '../hosts/map-name.js'
import {openHosts} from '../hosts/choose-writer.js'
import type {Target} from '../targets/target.js'
import type {Door} from './listener/listener.js'
import {keepPassfile, type Passfile} from '../databases/postgres/passfile.js'
import {
  databaseOf,
  describe,
  describeDatabase,
  type Discovery,
  type DiscoveryRequest,
  findWay,
  userOf,
} from './discovery/discover.js'
import {openMemory} from './discovery/cache.js'
import {openRegister, type Register} from './registry/record-run.js'
import {sessionEngines} from '../links/session/carriers.js'
import {type OpenedSession, type SessionWays, sessionWays} from './connector.js'
import {sweep, type SweepPorts} from './registry/sweep.js'
import {together} from '../core/all-or-first-failure.js'
import {doorAt, usualDoor} from './listener/choose-port.js'
import {guardPorts, tellObstacle} from './listener/guard-port.js'
import {openWarmOrCold} from './cached-or-fresh.js'

export interface TunnelPorts {
  readonly aws: AwsApi
  readonly cache: CachePort
  readonly clock: Clock
  readonly connectionOwners: ConnectionOwners
  readonly connections: ConnectionBudget
  readonly dial: DialPort
  /** The user's, as it was given to dbtunnel. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly files: PrivateFiles
  readonly hostsFile: HostsFile
  readonly hostsHelper: HostsHelperPort
  readonly listen: ListenPort
  readonly overflow: OverflowPort
  readonly portOwners: PortOwners
  readonly process: ProcessPort
  readonly prober: Prober
  readonly ssmOf: SweepPorts['ssmOf']
  readonly state: StatePort
  readonly webSocket: WebSocketPort
}

export interface TunnelRequest extends DiscoveryRequest {
  readonly command: TunnelRecord['command']
  /** libpq needs no line in the hosts file; of other clients that is not known. */
  readonly client: NameOptions['client']
}

/** A database within reach: verified, named and with its password in place. */
export interface Tunnel {
  readonly target: Target
  readonly door: Door
  /** Where the door leads, to begin with. */
  readonly opened: OpenedSession
  /** To another session, when this one is lost. */
  readonly ways: SessionWays
  /** Unknown when the user was named: then AWS was not asked. */
  readonly caller?: CallerIdentity | undefined
  readonly user: string
  readonly database: string
  readonly mapping: NameMapping
  readonly passfile: Passfile
  /** Where others read of it. */
  readonly register: Pick<Register, 'note'>
  /** Path of the PEM file with the authorities to trust. */
  readonly authoritiesFile: string
  /**
   * For a login that was refused all the same: forgets the database, and asks AWS again when the tunnel was opened on what
   * an earlier run had found out. Undefined when it was not. Rejects as resolving does.
   */
  readonly lookAgain: () => Promise<Login | undefined>
}

/** Where one logs in, and as whom. */
export type Login = Pick<Tunnel, 'target' | 'caller' | 'user' | 'database'>

/** Whoever holds any certificate of the region's RDS could stand in the database's place. */
const NAME_UNCHECKED = 'verify-ca: the certificate is checked, but not that it is for this database.'

/** For the sweep, at the end of a run that was over before it. */
const SWEEP_GRACE_MS = 500

const STEPS = ['Database', 'Bastion', 'Session', 'Name', 'Login'] as const

/**
 * config → resolve → bastion → session → hosts → token. At most three AWS round
 * trips in sequence: RDS, EC2 and STS side by side, then SSM's inventory, then
 * StartSession; that alone where an earlier run has found out the rest, and it
 * still holds. Rejects with the first stage's failure, or TIMEOUT when
 * `settings.timeoutMs` is over first; what was taken is on `run.undo`.
 */
export async function openTunnel(
  request: TunnelRequest,
  given: TunnelPorts,
  progress: Progress,
  run: Run,
): Promise<Tunnel> {
  const {settings} = request
  const ports = guardPorts(request, given, run)
  tellObstacle(request, ports, run)
  sweepBeside(ports, run)
  // Before any call to AWS: neither program nor database will mend it. The usual port hangs on the database.
  const isUsual = settings.localPort === 0 && request.command === 'open'
  const door = isUsual ? undefined : await doorAt(settings.localPort, ports, run)
  // Before the clock runs and anything is drawn: sudo may ask for a password.
  const hosts = await openHosts({mode: settings.resolve, client: request.client}, ports, run)
  return openInTime({door, hosts}, request, ports, progress, run)
}

/** The same as one of several, which share what writes the hosts file; what is left over is swept beside all of them. */
export async function openTunnelOfMany(
  hosts: HostsPort,
  request: TunnelRequest,
  given: TunnelPorts,
  progress: Progress,
  run: Run,
): Promise<Tunnel> {
  const ports = guardPorts(request, given, run)
  const door = await doorAt(request.settings.localPort, ports, run)
  return openInTime({door, hosts}, request, ports, progress, run)
}

async function openInTime(
  given: Pick<Opening, 'door' | 'hosts'>,
  request: TunnelRequest,
  ports: TunnelPorts,
  progress: Progress,
  run: Run,
): Promise<Tunnel> {
  const {settings} = request
  const deadline = ports.clock.now() + settings.timeoutMs
  const timeLeft = (): number => Math.max(deadline - ports.clock.now(), 1)
  let at: string = STEPS[0]
  const reached = (step: (typeof STEPS)[number]): void => void (at = step)
  const late = new AbortController()
  const tooLate = (): Error => {
    const error = fail('TIMEOUT', `Not ready after ${settings.timeoutMs / 1000} s, at the step "${at}".`, {
      hint: 'Try again, or give it more time: --timeout 2m',
    })
    late.abort(error)
    return error
  }
  // What is still under way when time is up takes nothing more.
  const opening = {...run, signal: AbortSignal.any([run.signal, late.signal])}
  progress.begin(STEPS)
  run.undo.push('progress', 'local', () => progress.end())
  try {
    const tunnel = open(request, ports, progress, opening, {...given, reached, timeLeft})
    return await withDeadline(tunnel, settings.timeoutMs, tooLate, run.signal)
  } finally {
    await progress.end()
  }
}

interface Opening {
  /** Undefined when it shall be at the database's usual port. */
  readonly door: Door | undefined
  readonly hosts: HostsPort
  readonly reached: (step: (typeof STEPS)[number]) => void
  readonly timeLeft: () => number
}

async function open(
  request: TunnelRequest,
  ports: TunnelPorts,
  progress: Progress,
  run: Run,
  {hosts, reached, timeLeft, ...given}: Opening,
): Promise<Tunnel> {
  const {settings, command, client, name} = request
  const {files} = ports
  const memory = await openMemory(request, ports, run.say)
  const trust = onceForEach((target: Target): Promise<string> => {
    checkProxy(target.endpoint.host, settings)
    return trustAuthorities(target, settings.caBundle, files)
  })
  const {described, engines} = await progress.step(
    async () => {
      const [described, engines] = await together([
        memory.recalled ?? describe(request, ports.aws, run),
        sessionEngines(settings, ports, run.say),
      ])
      // Missing authorities are told before anything is opened.
      await trust(described.target)
      if (settings.sslmode === 'verify-ca') run.say.notice(NAME_UNCHECKED)
      return {described, engines}
    },
    ({described: {target}}) => `${target.endpoint.host}:${target.endpoint.port}`,
  )
  const door = given.door ?? (await usualDoor(described.target, ports, run))
  const register = openRegister({command, target: name.text, localPort: door.port, settings}, ports, run)
  const aws = {...ports.aws, ssm: register.ssm}
  reached('Bastion')
  const found = await progress.step(
    async (): Promise<Discovery> => ('bastions' in described ? described : findWay(described, request, aws, run)),
    ({bastions: [first]}) => `${first?.name ?? ''} ${first?.id ?? ''}`.trim(),
  )
  reached('Session')
  const ways = sessionWays(request, engines, trust, {...ports, aws})
  const opened = await progress.step(
    () => openWarmOrCold(found, memory, {...ways, timeLeft}, run),
    ({session}) => `port ${door.port} (${session.engine}); the database answers, its certificate is right`,
  )
  const {session, discovery, authorities} = opened
  door.lead(session.accept)
  const {target, caller} = discovery
  reached('Name')
  const mapping = await progress.step(
    async () => {
      // What a killed run left there would lead others astray; but nothing of ours depends on it.
      await hosts.sweep().catch((error: unknown) => run.say.debug(`hosts file not swept: ${String(error)}`))
      return mapName(target.endpoint.host, {mode: settings.resolve, client}, hosts, run)
    },
    ({via}) => (via === 'hosts' ? 'a line in the hosts file' : 'given to the client by address (hostaddr)'),
  )
  reached('Login')
  return progress.step(
    async () => {
      run.signal.throwIfAborted()
      let writing = Promise.resolve('')
      run.undo.push('private folder', 'local', async () => {
        const folder = await making.catch(() => undefined)
        if (folder === undefined) return
        // Else the file could appear while its folder is emptied.
        await writing.catch(() => {})
        await files.removeFolder(folder)
      })
      const making = files.makeFolder()
      const folder = await making
      run.signal.throwIfAborted()
      writing = files.write(folder, 'authorities.pem', authorities)
      const authoritiesFile = await writing
      const [user, database] = [userOf(request, discovery), databaseOf(request, discovery)]
      const login = {endpoint: target.endpoint, region: target.region, user, localPort: door.port}
      const passfile = await keepPassfile(login, folder, {signing: aws.signing, files, clock: ports.clock}, run)
      const isRecalled = discovery === memory.recalled
      if (!isRecalled) await memory.keep(discovery, session)
      const lookAgain = async (): Promise<Login | undefined> => {
        await memory.forget()
        if (!isRecalled) return undefined
        const fresh = await describeDatabase(request, aws, run)
        return {...fresh, user: userOf(request, fresh), database: databaseOf(request, fresh)}
      }
      const way = {target, door, opened, ways, mapping}
      return {...way, caller, user, database, passfile, register, authoritiesFile, lookAgain}
    },
    (tunnel) => `${tunnel.user}, by IAM token`,
  )
}

/** The tunnel as a libpq client has to know it. */
export function connectionOf(
  tunnel: Tunnel,
  {sslmode, reason, readOnly}: Pick<Settings, 'sslmode' | 'reason' | 'readOnly'>,
): Omit<Connection, 'target'> {
  return {
    reason,
    serverOptions: readOnly ? GUARD_OPTIONS : undefined,
    host: tunnel.target.endpoint.host,
    localPort: tunnel.door.port,
    user: tunnel.user,
    database: tunnel.database,
    sslmode,
    mapping: tunnel.mapping.via,
    authoritiesFile: tunnel.authoritiesFile,
    passfile: tunnel.passfile.path,
  }
}

/** Of no effect on this run: not even at its end is it waited for longer than a moment. */
export function sweepBeside(ports: SweepPorts, run: Run): void {
  const over = new AbortController()
  const swept = sweep(ports, run.say, over.signal)
  run.undo.push('sweep', 'network', () =>
    withDeadline(swept, SWEEP_GRACE_MS, () => new Error('late'))
      .catch(() => {})
      .finally(() => over.abort()),
  )
}

/** Asks once for each key, and again only for another one. */
function onceForEach<K extends object, T>(ask: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const answers = new WeakMap<K, Promise<T>>()
  return (key) => {
    const answer = answers.get(key) ?? ask(key)
    answers.set(key, answer)
    return answer
  }
}
