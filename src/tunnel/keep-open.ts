import {fail} from '../core/errors.js'
import type {TunnelStatus} from '../core/results/opened-tunnel.js'
import type {AccountPorts} from '../core/ports/ports.js'
import type {Clock} from '../core/ports/clock.js'
import type {Run} from '../core/run.js'
import type {Settings} from '../settings/settings.js'
import {type Health, Keeper} from './keeper.js'
import type {TunnelObserver} from './observer.js'
import type {Tunnel} from './tunnel.js'
import {lifetime} from './lifetime.js'

const LOOK_EVERY_MS = 1000

export interface KeepOpenRequest {
  /** As it was typed. */
  readonly target: string
  readonly settings: Settings
}

/**
 * Keeps a tunnel open, with a fresh login and as many sessions as it takes. Calls `ready` at once, with a function that
 * returns the tunnel's status. Resolves when its time (`--ttl`, `--idle`) is over, with the sentence that says so. Rejects
 * with the reason of the run's signal, or when the tunnel is lost for good.
 */
export async function keepOpen(
  tunnel: Tunnel,
  {target, settings}: KeepOpenRequest,
  ports: AccountPorts,
  observers: Required<TunnelObserver>,
  ready: (now: () => TunnelStatus) => void,
  run: Run,
): Promise<string> {
  const {clock} = ports
  const {login} = tunnel
  const limit = new AbortController()
  const limited = {...run, signal: AbortSignal.any([run.signal, limit.signal])}
  const changed = (health: Health): void => {
    // Tokens of expired credentials let nobody in.
    if (health.state === 'up') void login.refresh()
    tunnel.autoLogin?.tellWay(health.why)
    observers.changed(now())
  }
  const keeper = new Keeper(tunnel, {keepAlive: settings.keepAlive, changed}, ports, limited)
  const now = liveStatus(target, tunnel, keeper, clock)
  // After Ctrl-Z and fg, before anything else: the channel may be gone, the token old.
  run.divert(['SIGCONT'], () => {
    keeper.look()
    void login.refresh()
  })
  ready(now)
  const isOver = lifetime(settings)
  everySecond(clock, run, () => {
    const status = now()
    observers.second(status)
    const why = isOver(status)
    if (why !== undefined) limit.abort(fail('TERMINATED', why))
  })
  try {
    return await keeper.keep()
  } catch (error) {
    if (!limit.signal.aborted || run.signal.aborted) throw error
    return (limit.signal.reason as Error).message
  }
}

function liveStatus(target: string, {localEnd}: Tunnel, keeper: Keeper, clock: Clock): () => TunnelStatus {
  const readyAt = clock.now()
  return () => {
    const {state, since, why, session} = keeper.health
    const {id, name} = session.via.bastion
    const bastion = {id, name}
    const tunnel = {target, localPort: localEnd.port, state, since, why, bastion, session: session.id}
    return {...tunnel, ...localEnd.traffic, ageMs: clock.now() - readyAt}
  }
}

/** At once, and until the run is undone. */
function everySecond(clock: Clock, run: Run, look: () => void): void {
  const over = new AbortController()
  run.undo.push('clockwork', 'local', () => over.abort())
  const keep = async (): Promise<void> => {
    for (;;) {
      look()
      await clock.sleep(LOOK_EVERY_MS, over.signal)
    }
  }
  // Ends when `over` aborts the sleep.
  keep().catch(() => {})
}
