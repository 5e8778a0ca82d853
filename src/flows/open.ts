import {connectionVariables} from '../client/environment.js'
import {type FlagValues, readSettings} from '../config/read-settings.js'
import type {Settings} from '../config/settings.js'
import {bytesText, countText, durationText} from '../core/amounts.js'
import {fail, hasCode} from '../core/errors.js'
import type {OpenedTunnel, TunnelStatus} from '../core/opened-tunnel.js'
import type {Clock} from '../core/ports/clock.js'
import type {Progress} from '../core/progress.js'
import type {Run} from '../core/run.js'
import {shellLine} from '../core/shell-line.js'
import {parseTarget, regionOf} from '../resolve/parse-target.js'
import type {Session} from '../session/session.js'
import {connectionOf, openTunnel, type Tunnel} from './open-tunnel.js'
import {type Health, Keeper} from './keep-open.js'
import type {PsqlPorts} from './psql.js'
import {supervise} from './supervise.js'

export interface OpenRequest {
  readonly target: string
  readonly flags: FlagValues
  /** Whether Session Manager shall see no idle session. */
  readonly keepAlive: boolean
  /** All words behind `open`, for a command to type again. */
  readonly words: readonly string[]
}

/** Where what is open is shown. */
export interface OpenView {
  /** Called once, when the database has answered. */
  ready(tunnel: OpenedTunnel): void
  /** Called then, and whenever its state, bastion or session has changed. */
  changed?: ((status: TunnelStatus) => void) | undefined
  /** Called every second from then on; with nothing, when it is over. Missing where nobody looks. */
  use?: ((status: TunnelStatus | undefined) => void) | undefined
}

const LOOK_EVERY_MS = 1000

/**
 * Opens a tunnel and keeps it, with a fresh passfile and as many sessions as it
 * takes, until the run is ended by a signal (INTERRUPTED, TERMINATED, …) or the
 * tunnel is lost for good. Then all is undone. Rejects with these, and with what the stages reject with.
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
  let status: (() => TunnelStatus) | undefined

  const kept = supervise(ports, async (run) => {
    const aws = ports.awsFor(settings)
    const tunnel = await openTunnel({name, settings, command: 'open'}, {...ports, aws}, progress, run)
    run.signal.throwIfAborted()
    const {passfile, mapping} = tunnel
    const changed = ({state}: Health): void => {
      // Tokens of expired credentials let nobody in.
      if (state === 'up') void passfile.refresh()
      view.changed?.(now())
    }
    const keeper = new Keeper(tunnel, {keepAlive: request.keepAlive, changed}, {...ports, aws}, run)
    const now = statusOf(request.target, tunnel, keeper, clock)
    // After Ctrl-Z and fg, before anything else: the channel may be gone, the token old.
    run.divert(['SIGCONT'], () => {
      keeper.look()
      void passfile.refresh()
    })
    if (mapping.via === 'hostaddr') run.say.notice(`${mapping.why}\n  ${commandThatMaps(request.words)}`)
    view.ready(describe(request.target, settings, tunnel))
    status = now
    view.changed?.(now())
    if (view.use) keepTelling(view.use, now, clock, run)
    return keeper.keep()
  })
  return kept.catch((error: unknown) => {
    throw status && hasCode(error, 'INTERRUPTED', 'TERMINATED', 'QUIT', 'HANGUP')
      ? fail(error.code, farewell(status()), {cause: error})
      : error
  })
}

function describe(target: string, settings: Settings, tunnel: Tunnel): OpenedTunnel {
  const {door, user, database} = tunnel
  const {session} = tunnel.opened
  return {
    target,
    endpoint: tunnel.target.endpoint,
    localPort: door.port,
    bastion: bastionOf(session),
    session: session.id,
    engine: session.engine,
    user,
    database,
    region: tunnel.target.region,
    via: tunnel.mapping.via,
    env: connectionVariables(connectionOf(tunnel, settings)),
  }
}

function statusOf(target: string, {door}: Tunnel, keeper: Keeper, clock: Clock): () => TunnelStatus {
  const readyAt = clock.now()
  return () => {
    const {state, since, why, session} = keeper.health
    const tunnel = {target, localPort: door.port, state, since, why, bastion: bastionOf(session), session: session.id}
    return {...tunnel, ...door.traffic, ageMs: clock.now() - readyAt}
  }
}

function bastionOf({bastion: {id, name}}: Session): OpenedTunnel['bastion'] {
  return {id, name}
}

function keepTelling(tell: NonNullable<OpenView['use']>, status: () => TunnelStatus, clock: Clock, run: Run): void {
  const over = new AbortController()
  run.undo.push('status line', 'local', () => {
    over.abort()
    tell(undefined)
  })
  const keep = async (): Promise<void> => {
    for (;;) {
      tell(status())
      await clock.sleep(LOOK_EVERY_MS, over.signal)
    }
  }
  // Ends when `over` aborts the sleep.
  keep().catch(() => {})
}

/** The same once more, with the name in the hosts file: on a terminal sudo asks. */
function commandThatMaps(words: readonly string[]): string {
  const others = words.filter((word, index) => !word.startsWith('--resolve') && words[index - 1] !== '--resolve')
  return shellLine(['dbtunnel', 'open', ...others, '--resolve', 'hosts'])
}

function farewell({target, opened, bytesUp, bytesDown, ageMs}: TunnelStatus): string {
  const bytes = `${bytesText(bytesUp)} up, ${bytesText(bytesDown)} down`
  return `Closed ${target} after ${durationText(ageMs)}: ${countText(opened, 'connection')}, ${bytes}.`
}
