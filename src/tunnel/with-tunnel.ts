import type {AutoLogin} from '../databases/auto-login.js'
import {shellEnvironment} from '../databases/environment.js'
import {databaseKind} from '../databases/kind-of.js'
import {CATALOG, isDbtunnelError} from '../core/errors.js'
import type {AccountPorts} from '../core/ports/ports.js'
import type {OpenedTunnel} from '../core/results/opened-tunnel.js'
import type {Run} from '../core/run.js'
import {spokenName} from '../targets/parse-target.js'
import {all, type TunnelFacts, type TunnelObserver} from './observer.js'
import {observers as everyObserver} from './observers.js'
import {type OpeningOptions, openTunnel} from './open-tunnel.js'
import {type AutoLoginEnd, connectionOf, type Tunnel, type TunnelRequest} from './tunnel.js'

export interface RunOptions extends OpeningOptions {
  /** Beside those that are told of every tunnel. */
  readonly observers?: readonly TunnelObserver[] | undefined
}

/** What a tunnel is opened for. */
export interface TunnelWork<T> {
  readonly result: T
  /** That dbtunnel exits with, or would, for one of several databases. */
  readonly status: number
}

/**
 * One run on one database: opens the tunnel, tells the observers, and does the work. How the run ends is told them when it
 * is undone, whatever ends it. Rejects as `openTunnel` and `work` do.
 */
export async function withTunnel<T>(
  request: TunnelRequest,
  ports: AccountPorts,
  {observers: more = [], ...options}: RunOptions,
  run: Run,
  work: (tunnel: Tunnel, opened: OpenedTunnel, observers: Required<TunnelObserver>) => Promise<TunnelWork<T>>,
): Promise<T> {
  const tunnel = await openTunnel(request, ports, options, run)
  run.signal.throwIfAborted()
  const context = {ports, say: run.say, record: tunnel.record}
  const observers = all([...everyObserver.map((make) => make(context)), ...more])
  let status: number | undefined
  run.undo.push('observers', 'local', () => observers.closed({status: status ?? statusOfError(run.signal.reason)}))
  const facts = factsOf(request, tunnel, ports)
  await observers.opened(facts)
  tunnel.autoLogin?.begin(observers)
  try {
    const done = await work(tunnel, facts.opened, observers)
    status = done.status
    return done.result
  } catch (error) {
    status = statusOfError(error)
    throw error
  }
}

function statusOfError(error: unknown): number {
  return isDbtunnelError(error) ? error.exitCode : CATALOG.INTERNAL.exit
}

/** Where programs find a local end that logs in by itself. */
function shownPlace(kind: AutoLogin, {place, socket}: AutoLoginEnd): Pick<OpenedTunnel, 'autoLogin' | 'unset' | 'env'> {
  return {
    autoLogin: {socket, port: place.tcp?.port, passwordFile: place.tcp?.passwordFile},
    unset: kind.inTheWay(place),
    env: {...kind.variables(place), DBTUNNEL_URL: kind.url(place)},
  }
}

function factsOf(
  {name, settings, command}: TunnelRequest,
  tunnel: Tunnel,
  {environment, clock}: AccountPorts,
): TunnelFacts {
  const {target, localEnd, opened, user, database, caller, mapping, autoLogin} = tunnel
  const {session} = opened
  const {bastion: node, carrier} = session.via
  const bastion = {id: node.id, name: node.name}
  const carriedBy = {target: name.text, localPort: localEnd.port, bastion, session: session.id}
  const {reason, readOnly, profile, allowOtherUsers} = settings
  const kind = databaseKind(target.databaseKind)
  const connection = {target: spokenName(name), ...connectionOf(tunnel, settings)}
  return {
    command,
    profile,
    caller,
    status: {...carriedBy, state: 'up', since: clock.now(), ...localEnd.traffic, ageMs: 0},
    opened: {
      ...carriedBy,
      endpoint: target.endpoint,
      engine: carrier,
      user,
      database,
      region: target.region,
      via: mapping.via,
      readOnly,
      reason,
      allowOtherUsers: allowOtherUsers || undefined,
      ...(kind.autoLogin && autoLogin
        ? shownPlace(kind.autoLogin, autoLogin)
        : {unset: kind.inTheWay, env: shellEnvironment(kind, environment, connection)}),
    },
  }
}
