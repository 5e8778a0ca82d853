import {mkdtempSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {connect, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {Addresses} from './addresses.js'
import {defaultAccount, otherAccount, REGION} from './account.js'
import {type AgentHub, type HubOptions, startAgentHub} from './agent/hub.js'
import {verdictOn} from './aws/authorize.js'
import {createClock, type SandboxClock} from './aws/clock.js'
import {type ControlPlane, startControlPlane} from './aws/control-plane.js'
import {KeyStore} from './aws/key-store.js'
import {type Account} from './aws/model.js'
import {SessionRegistry} from './aws/sessions.js'
import {refusalOfUpgrade} from './aws/verify-upgrade.js'
import {type SandboxDatabase, startDatabase} from './database/database.js'
import {type KeyHolder} from './database/endpoint.js'
import {endpointsOf, routeTo} from './network.js'

export interface SandboxOptions {
  /** The first is the one that most tests work in. */
  readonly accounts?: readonly [Account, ...Account[]]
  /** How long an agent waits for a connection whose packets are dropped, in milliseconds. */
  readonly dialTimeoutMs?: number
  readonly agents?: Pick<HubOptions, 'behaviour' | 'timing' | 'log' | 'streamOrigin'>
}

/** AWS on loopback: control plane, agents and databases of a few accounts in one region. */
export interface Sandbox {
  /** The first account; a change in it holds from the next request on. */
  readonly account: Account
  readonly clock: SandboxClock
  readonly keys: KeyStore
  readonly sessions: SessionRegistry
  readonly aws: ControlPlane
  readonly agents: AgentHub
  readonly database: SandboxDatabase
  /**
   * The complete environment for a program of this identity (`alice` unless named). Each time with a HOME and a TMPDIR
   * of its own, both empty, so that whatever is left in them can be seen.
   */
  env(identity?: string): Record<string, string>
  /** A failover: the endpoint's name has another address from now on. Agents that looked it up before do not know. */
  moveDatabase(host: string): void
  /** `shut down`: its agent takes leave of its sessions. `crashed`: nobody hears anything from it. */
  stopMachine(id: string, how: 'shut down' | 'crashed'): void
  startMachine(id: string): void
  /** Leaves no process, port or file. */
  close(): Promise<void>
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const {accounts = [defaultAccount(), otherAccount()], dialTimeoutMs = 1000} = options
  const clock = createClock()
  const keys = new KeyStore(accounts, clock)
  const sessions = new SessionRegistry()
  const opened: {close(): Promise<void>}[] = []
  const keep = <T extends {close(): Promise<void>}>(part: T): T => {
    opened.push(part)
    return part
  }
  const close = async (): Promise<void> => {
    await Promise.all(opened.splice(0).map((part) => part.close()))
  }

  try {
    const folder = keep(await makeFolder())
    const database = keep(
      await startDatabase({
        endpoints: accounts.flatMap(endpointsOf),
        region: REGION,
        now: () => clock.now(),
        identify: (accessKeyId) => holderOf(accessKeyId, keys),
      }),
    )
    const addresses = new Addresses()
    const dial = async (address: string, port: number, signal: AbortSignal): Promise<Socket> => {
      const host = addresses.hostAt(address)
      if (host === undefined) throw new Error('connection refused')
      const route = routeTo(host, port, accounts, sessions.open())
      const socket = await reach(route, () => database.portOf(host, port), dialTimeoutMs, signal)
      addresses.keep(address, socket)
      return socket
    }
    const verifyUpgrade: HubOptions['verifyUpgrade'] = (request) =>
      refusalOfUpgrade(request, {region: REGION, keys, clock, sessions})
    const agents = keep(
      await startAgentHub({...options.agents, dial, resolve: (host) => addresses.of(host), verifyUpgrade}),
    )
    agents.onEnded(({sessionId, cause}) => sessions.end(sessionId, cause, clock.now()))
    const aws = keep(await startControlPlane({region: REGION, keys, clock, sessions, dataPlane: agents}))

    const plugin = process.env['DBTUNNEL_PLUGIN']
    const env = (identity = 'alice'): Record<string, string> => {
      const {accessKeyId, secretKey, sessionToken} = keys.keysOf(identity)
      return {
        PATH: process.env['PATH'] ?? '',
        LANG: 'C.UTF-8',
        HOME: mkdtempSync(join(folder.path, 'home-')),
        TMPDIR: mkdtempSync(join(folder.path, 'tmp-')),
        AWS_ENDPOINT_URL: aws.url,
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretKey,
        ...(sessionToken === undefined ? {} : {AWS_SESSION_TOKEN: sessionToken}),
        // The same tests run with the plugin that it names.
        ...(plugin === undefined ? {} : {DBTUNNEL_PLUGIN: plugin}),
        // Credentials come from here or not at all: the SDK must not go looking on the network.
        AWS_EC2_METADATA_DISABLED: 'true',
        DBTUNNEL_CA_BUNDLE: database.caFile,
      }
    }
    const setMachine = (id: string, isUp: boolean): void => {
      for (const {instances, nodes} of accounts) {
        for (const one of instances) if (one.id === id) one.state = isUp ? 'running' : 'stopped'
        for (const one of nodes)
          if (one.id === id) Object.assign(one, {connected: isUp, ping: isUp ? 'Online' : 'ConnectionLost'})
      }
    }
    return {
      account: accounts[0],
      clock,
      keys,
      sessions,
      aws,
      agents,
      database,
      env,
      moveDatabase: (host) => addresses.move(host),
      stopMachine(id, how) {
        setMachine(id, false)
        for (const session of sessions.open().filter(({target}) => target === id)) {
          if (how === 'shut down') agents.terminate(session.id)
          else agents.behave({drop: 1}, session.id)
        }
      },
      startMachine: (id) => setMachine(id, true),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Where children find their own folders. */
async function makeFolder(): Promise<{readonly path: string; close(): Promise<void>}> {
  const path = await mkdtemp(join(tmpdir(), 'dbtunnel-sandbox-'))
  return {path, close: () => rm(path, {recursive: true, force: true})}
}

/** A bastion's connection to a database: its private DNS, its security groups, then a real socket. */
async function reach(
  route: ReturnType<typeof routeTo>,
  portOf: () => Promise<number | undefined>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  if (route === 'dropped') {
    await sleep(timeoutMs, undefined, {signal})
    throw new Error('connection timed out')
  }
  const port = route === 'open' ? await portOf() : undefined
  if (port === undefined) throw new Error('no such host')
  const socket = connect(port, '127.0.0.1')
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket
}

function holderOf(accessKeyId: string, keys: KeyStore): KeyHolder | undefined {
  const caller = keys.find(accessKeyId)
  if (!caller) return undefined
  const {databases, clusters, id} = caller.account
  return {
    ...caller.keys,
    canConnect(resourceId, user) {
      // A policy names resources of its own account alone, however wide it is.
      if (![...databases, ...clusters].some((one) => one.resourceId === resourceId)) return false
      const arn = `arn:aws:rds-db:${REGION}:${id}:dbuser:${resourceId}/${user}`
      return verdictOn(caller, 'rds-db:connect', arn) === 'allowed'
    },
  }
}
