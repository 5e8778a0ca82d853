import {trustAuthorities} from '../databases/authorities.js'
import {checkProxy} from '../databases/rds-proxy.js'
import {withDeadline} from '../core/deadline.js'
import {fail} from '../core/errors.js'
import type {HostsPort} from '../core/ports/hosts.js'
import type {AccountPorts, Ports} from '../core/ports/ports.js'
import type {Progress} from '../core/ports/progress.js'
import type {Run} from '../core/run.js'
import {openHosts} from '../hosts/choose-writer.js'
import type {Target} from '../targets/target.js'
import {openDiscoveryCache} from './discovery/cache.js'
import {localEndAt} from './listener/choose-port.js'
import {guardPorts, tellObstacle} from './listener/guard-port.js'
import {LoginListener} from './listener/login-listener.js'
import {sweep} from './registry/sweep.js'
import {chooseRoute} from './steps/choose-route.js'
import {connect} from './steps/connect.js'
import {findDatabase} from './steps/find-database.js'
import {logIn} from './steps/log-in.js'
import {mapName} from './steps/map-name.js'
import {prepareLogins} from './steps/prepare-logins.js'
import type {Opening, Step} from './steps/step.js'
import type {Tunnel, TunnelRequest} from './tunnel.js'

/** For the sweep, at the end of a run that was over before it. */
const SWEEP_GRACE_MS = 500

const STEPS = [findDatabase, chooseRoute, connect, mapName, logIn] as const
/** Clients need neither the endpoint's name nor a token. */
const AUTO_LOGIN_STEPS = [findDatabase, chooseRoute, connect, prepareLogins] as const
const WITHOUT_NAME = {mode: 'hostaddr', takesAddress: true} as const

/** How an opening is shown, and what it shares with others. */
export interface OpeningOptions {
  readonly progress: Progress
  /**
   * What writes the hosts file, where several tunnels share it. What earlier runs have left is swept once for all of them
   * then, and whether users can be told apart here is said once.
   */
  readonly hosts?: HostsPort | undefined
}

/**
 * Opens a tunnel in five steps; in four where the local end logs in by itself. At most three AWS round trips in sequence: RDS, EC2 and STS side by side, then SSM's
 * inventory, then StartSession; that alone where an earlier run has found out the rest, and it still holds. Rejects with
 * the first failure, or TIMEOUT when `settings.timeoutMs` is over first; what was taken is on `run.undo`.
 */
export async function openTunnel(
  request: TunnelRequest,
  given: AccountPorts,
  {progress, ...shared}: OpeningOptions,
  run: Run,
): Promise<Tunnel> {
  const {settings} = request
  const ports = guardPorts(request, given, run)
  if (!shared.hosts) {
    tellObstacle(request, ports, run)
    sweepBeside(ports, run)
  }
  // Before any call to AWS: neither program nor database will mend it. The usual port depends on the database.
  const isUsual = settings.localPort === 0 && request.command === 'open'
  const logins = request.isAutoLogin ? new LoginListener(settings.tcp, ports, run.say) : undefined
  const localEnd = isUsual
    ? undefined
    : await localEndAt(settings.localPort, {...ports, listen: logins ?? ports.listen}, run)
  // Before the clock runs and anything is drawn: sudo may ask for a password.
  const names = logins ? WITHOUT_NAME : {mode: settings.resolve, takesAddress: request.takesAddress}
  const hosts = shared.hosts ?? (await openHosts(names, ports, run))

  const deadline = ports.clock.now() + settings.timeoutMs
  const timeLeft = (): number => Math.max(deadline - ports.clock.now(), 1)
  const late = new AbortController()
  let at: string = findDatabase.title
  const tooLate = (): Error => {
    const error = fail('TIMEOUT', `Timed out after ${settings.timeoutMs / 1000} s, at the step "${at}".`, {
      hint: 'Try again with more time: --timeout 2m',
    })
    late.abort(error)
    return error
  }
  const step = <Before, After>(one: Step<Before, After>, before: Before): Promise<After> => {
    at = one.title
    return progress.step(
      () => one.run(before),
      (after) => one.detail(after),
    )
  }
  // What is still under way when time is up takes nothing more.
  const within = {...run, signal: AbortSignal.any([run.signal, late.signal])}
  const open = async (): Promise<Tunnel> => {
    const discoveryCache = await openDiscoveryCache(request, ports, run.say)
    const opening: Opening = {
      request,
      ports,
      run: within,
      hosts,
      discoveryCache,
      localEnd,
      logins,
      trust: trustFor(request, ports),
      timeLeft,
    }
    const found = await step(findDatabase, opening)
    const chosen = await step(chooseRoute, found)
    const connected = await step(connect, chosen)
    if (logins) return step(prepareLogins, connected)
    const named = await step(mapName, connected)
    return step(logIn, named)
  }
  progress.begin((logins ? AUTO_LOGIN_STEPS : STEPS).map(({title}) => title))
  run.undo.push('progress', 'local', () => progress.end())
  try {
    return await withDeadline(open(), settings.timeoutMs, tooLate, run.signal)
  } finally {
    await progress.end()
  }
}

/** Looks once for each database, and again only for another one. */
function trustFor({settings}: TunnelRequest, {files}: Pick<Ports, 'files'>): Opening['trust'] {
  const known = new WeakMap<Target, Promise<string>>()
  return async (target) => {
    checkProxy(target.endpoint.host, settings)
    const authorities = known.get(target) ?? trustAuthorities(target, settings.caBundle, files)
    known.set(target, authorities)
    return authorities
  }
}

/** Nothing of this run depends on it: not even its end waits for it for longer than a moment. */
export function sweepBeside(ports: Parameters<typeof sweep>[0], run: Run): void {
  const over = new AbortController()
  const swept = sweep(ports, run.say, over.signal)
  run.undo.push('sweep', 'network', () =>
    withDeadline(swept, SWEEP_GRACE_MS, () => new Error('late'))
      .catch(() => {})
      .finally(() => over.abort()),
  )
}
