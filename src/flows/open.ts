import {connectionVariables} from '../client/environment.js'
import {type FlagValues, readSettings} from '../config/read-settings.js'
import type {Settings} from '../config/settings.js'
import {bytesText, countText, durationText} from '../core/amounts.js'
import {fail, hasCode} from '../core/errors.js'
import type {OpenedTunnel, TunnelUse} from '../core/opened-tunnel.js'
import type {Clock} from '../core/ports/clock.js'
import type {Progress} from '../core/progress.js'
import type {Run} from '../core/run.js'
import {shellLine} from '../core/shell-line.js'
import {parseTarget, regionOf} from '../resolve/parse-target.js'
import type {Session} from '../session/session.js'
import {connectionOf, openTunnel, type Tunnel} from './open-tunnel.js'
import type {PsqlPorts} from './psql.js'
import {supervise} from './supervise.js'

export interface OpenRequest {
  readonly target: string
  readonly flags: FlagValues
  /** All words behind `open`, for a command to type again. */
  readonly words: readonly string[]
}

/** Where what is open is shown. */
export interface OpenView {
  /** Called once, when the database has answered. */
  ready(tunnel: OpenedTunnel): void
  /** Called every second from then on; with nothing, when it is over. Missing where nobody looks. */
  use?: ((use: TunnelUse | undefined) => void) | undefined
}

const LOOK_EVERY_MS = 1000

/**
 * Opens a tunnel and keeps it, with a fresh passfile, until the run is ended by
 * a signal (INTERRUPTED, TERMINATED, …) or the tunnel is lost (TUNNEL_LOST).
 * Then all is undone. Rejects with these, and with what the stages reject with.
 */
export async function open(
  request: OpenRequest,
  ports: Omit<PsqlPorts, 'platform' | 'hasTerminal'>,
  view: OpenView,
  progress: Progress,
): Promise<never> {
  const {clock} = ports
  const name = parseTarget(request.target)
  const settings = await readSettings(request.flags, {...ports.sources, targetRegion: regionOf(name)})
  let use: (() => TunnelUse) | undefined

  const kept = supervise(ports, async (run) => {
    const aws = ports.awsFor(settings)
    const tunnel = await openTunnel({name, settings, client: 'any'}, {...ports, aws}, progress, run)
    run.signal.throwIfAborted()
    const {session, passfile, mapping} = tunnel
    // After Ctrl-Z and fg, before anything else: the channel may be gone, the token old.
    run.divert(['SIGCONT'], () => void Promise.all([session.check(), passfile.refresh()]))
    if (mapping.via === 'hostaddr') run.say.notice(`${mapping.why}\n  ${commandThatMaps(settings, request.words)}`)
    view.ready(describe(request.target, settings, tunnel))
    use = counter(request.target, session, clock)
    if (view.use) keepTelling(view.use, use, clock, run)
    const {error} = await session.closed
    throw error ?? fail('TUNNEL_LOST', 'The session was closed.')
  })
  return kept.catch((error: unknown) => {
    throw use && hasCode(error, 'INTERRUPTED', 'TERMINATED', 'QUIT', 'HANGUP')
      ? fail(error.code, farewell(use()), {cause: error})
      : error
  })
}

function describe(target: string, settings: Settings, tunnel: Tunnel): OpenedTunnel {
  const {session, user, database} = tunnel
  return {
    target,
    endpoint: tunnel.target.endpoint,
    localPort: session.localPort,
    bastion: {id: session.bastion.id, name: session.bastion.name},
    session: session.id,
    engine: session.engine,
    user,
    database,
    region: tunnel.target.region,
    via: tunnel.mapping.via,
    env: connectionVariables(connectionOf(tunnel, settings)),
  }
}

/** Counts from now on: what the probe has sent and heard is not the user's. */
function counter(target: string, session: Session, clock: Clock): () => TunnelUse {
  const before = session.traffic()
  const since = clock.now()
  return () => {
    const {open, opened, bytesUp, bytesDown} = session.traffic()
    return {
      target,
      localPort: session.localPort,
      open,
      opened: opened - before.opened,
      bytesUp: bytesUp - before.bytesUp,
      bytesDown: bytesDown - before.bytesDown,
      ageMs: clock.now() - since,
    }
  }
}

function keepTelling(tell: NonNullable<OpenView['use']>, use: () => TunnelUse, clock: Clock, run: Run): void {
  const over = new AbortController()
  run.undo.push('status line', 'local', () => {
    over.abort()
    tell(undefined)
  })
  const keep = async (): Promise<void> => {
    for (;;) {
      tell(use())
      await clock.sleep(LOOK_EVERY_MS, over.signal)
    }
  }
  // Ends when `over` aborts the sleep.
  keep().catch(() => {})
}

/** The same once more, with the name in the hosts file. sudo's own PATH seldom leads to programs of npm. */
function commandThatMaps({resolve}: Settings, words: readonly string[]): string {
  const others = words.filter((word, index) => !word.startsWith('--resolve') && words[index - 1] !== '--resolve')
  const command = shellLine(['dbtunnel', 'open', ...others, '--resolve', 'hosts'])
  return resolve === 'auto' ? `sudo -E env "PATH=$PATH" ${command}` : command
}

function farewell({target, opened, bytesUp, bytesDown, ageMs}: TunnelUse): string {
  const bytes = `${bytesText(bytesUp)} up, ${bytesText(bytesDown)} down`
  return `Closed ${target} after ${durationText(ageMs)}: ${countText(opened, 'connection')}, ${bytes}.`
}
