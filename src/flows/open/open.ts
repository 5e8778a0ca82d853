import {shellEnvironment} from '../../databases/postgres/environment.js'
import type {FlagValues} from '../../settings/read.js'
import type {Settings} from '../../settings/settings.js'
import {bytesText, countText, durationText} from '../../core/text/amounts.js'
import {fail, hasCode} from '../../core/errors.js'
import type {OpenedTunnel, TunnelStatus} from '../../core/results/opened-tunnel.js'
import type {Clock} from '../../core/ports/clock.js'
import type {Progress} from '../../core/ports/progress.js'
import type {Run} from '../../core/run.js'
import {spokenName} from '../../targets/parse-target.js'
import type {Session} from '../../links/link.js'
import {type AlreadyOpen, alreadyOpen} from '../../tunnel/registry/find-open.js'
import {auditTrail} from '../../tunnel/observers/audit.js'
import {type Health, Keeper} from '../../tunnel/keeper.js'
import {lifetime} from './time-limits.js'
import {mappingCommand} from '../../hosts/retry-command.js'
import {connectionOf, openTunnel, type Tunnel} from '../../tunnel/open-tunnel.js'
import type {PsqlPorts} from '../psql.js'
import {readRequest} from '../request/read-request.js'
import {withReason} from '../request/ask-reason.js'
import type {Register} from '../../tunnel/registry/record-run.js'
import {signIn} from '../request/sign-in.js'
import {supervise} from '../../core/supervise.js'

export interface OpenRequest {
  readonly target: string
  readonly flags: FlagValues
  /** Whether Session Manager shall see no idle session. */
  readonly keepAlive: boolean
  /** Whether one that is open already will not do. */
  readonly another: boolean
  /** Path of the file that a background process writes its lines to. */
  readonly log?: string | undefined
  /** All words behind `open`, for a command to type again. */
  readonly words: readonly string[]
}

/** Where what is open is shown. */
export interface OpenView {
  /** Called once, when the database has answered; or when another run keeps it open, and not this one. */
  ready(tunnel: OpenedTunnel, isHere: boolean): void
  /** Called then, and whenever its state, bastion or session has changed. */
  changed?: ((status: TunnelStatus) => void) | undefined
  /** Called every second from then on; with nothing, when it is over. Missing where nobody looks. */
  use?: ((status: TunnelStatus | undefined) => void) | undefined
}

const LOOK_EVERY_MS = 1000
/** Between two notes in the state file of what it has carried. */
const NOTE_EVERY_MS = 5000

/**
 * Opens a tunnel and keeps it, with a fresh passfile and as many sessions as it
 * takes, until its time is over, the run is ended by a signal (INTERRUPTED, TERMINATED, …) or the
 * tunnel is lost for good. Then all is undone. Rejects with the latter two, and with what the stages reject with. Where
 * another run keeps the same tunnel open, that one is shown, and nothing opened.
 */
export async function open(
  request: OpenRequest,
  ports: Omit<PsqlPorts, 'platform' | 'hasTerminal'>,
  view: OpenView,
  progress: Progress,
): Promise<void> {
  const {clock} = ports
  const {name, settings: read} = await readRequest(request, ports.sources)
  const asked = {...read, localPort: read.localPort || (read.openPort ?? 0)}
  const label = spokenName(name)
  const trail = auditTrail(ports)
  let status: (() => TunnelStatus) | undefined

  const kept = supervise(ports, async (run) => {
    const why = {target: label, settings: asked, command: 'open', typed: request.words} as const
    const settings = await withReason(why, ports.person, run)
    const aws = ports.awsFor(settings)
    const found = request.another ? undefined : await alreadyOpen(name, settings, aws, ports.state)
    if (found) {
      run.say.notice(aboutOther(found, clock.now()))
      view.ready(found.opened, false)
      return
    }
    await signIn(aws, ports, run)
    const tunnel = await openTunnel({name, settings, command: 'open', client: 'any'}, {...ports, aws}, progress, run)
    run.signal.throwIfAborted()
    const {passfile, mapping, register} = tunnel
    const {log} = request
    let {session} = tunnel.opened
    const changed = (health: Health): void => {
      // Tokens of expired credentials let nobody in.
      if (health.state === 'up') void passfile.refresh()
      if (health.session !== session) void trail.replaced((session = health.session))
      view.changed?.(now())
      void register.note({status: now()})
    }
    const limit = new AbortController()
    const limited = {...run, signal: AbortSignal.any([run.signal, limit.signal])}
    const keeper = new Keeper(
      tunnel,
      {keepAlive: request.keepAlive || settings.keepAlive === true, changed},
      {...ports, aws},
      limited,
    )
    const now = statusOf(name.text, tunnel, keeper, clock)
    // After Ctrl-Z and fg, before anything else: the channel may be gone, the token old.
    run.divert(['SIGCONT'], () => {
      keeper.look()
      void passfile.refresh()
    })
    if (settings.production && settings.ttlMs !== undefined && request.flags.ttl === undefined) {
      run.say.notice(
        `${name.text} is production: it is closed after ${durationText(settings.ttlMs)}. For another time: --ttl`,
      )
    }
    if (mapping.via === 'hostaddr') run.say.notice(`${mapping.why}\n  ${mappingCommand('open', request.words)}`)
    await trail.start({command: 'open', target: name.text, settings, tunnel})
    const connection = {target: label, ...connectionOf(tunnel, settings)}
    const env = shellEnvironment(connection, ports.environment['PGOPTIONS'])
    const opened = describe(name.text, settings, tunnel, env)
    await register.note({opened, status: now(), log})
    view.ready(opened, true)
    status = now
    view.changed?.(now())
    const note = noting(register)
    const isOver = lifetime(settings)
    everySecond(clock, run, () => {
      const use = now()
      view.use?.(use)
      note(use)
      const why = isOver(use)
      if (why !== undefined) limit.abort(fail('TERMINATED', why))
    })
    run.undo.push('status line', 'local', () => view.use?.(undefined))
    try {
      return await keeper.keep()
    } catch (error) {
      if (!limit.signal.aborted || run.signal.aborted) throw error
      view.use?.(undefined)
      run.say.notice(`${(limit.signal.reason as Error).message} ${farewell(now())}`)
    }
  })
  return trail
    .end(kept, () => 0)
    .catch((error: unknown) => {
      throw status && hasCode(error, 'INTERRUPTED', 'TERMINATED', 'QUIT', 'HANGUP')
        ? fail(error.code, farewell(status()), {cause: error})
        : error
    })
}

function describe(
  target: string,
  {reason, readOnly, allowOtherUsers}: Settings,
  tunnel: Tunnel,
  env: OpenedTunnel['env'],
): OpenedTunnel {
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
    readOnly,
    reason,
    allowOtherUsers: allowOtherUsers || undefined,
    env,
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

/** Now and then, and only when it has carried something: a file is written each time. */
function noting(register: Pick<Register, 'note'>): (status: TunnelStatus) => void {
  let noted: TunnelStatus | undefined
  return (status) => {
    const {open, bytesUp, bytesDown, ageMs} = status
    const isSame = noted?.open === open && noted.bytesUp === bytesUp && noted.bytesDown === bytesDown
    if (noted && (isSame || ageMs - noted.ageMs < NOTE_EVERY_MS)) return
    noted = status
    void register.note({status})
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

function farewell({target, opened, bytesUp, bytesDown, ageMs}: TunnelStatus): string {
  const bytes = `${bytesText(bytesUp)} up, ${bytesText(bytesDown)} down`
  return `Closed ${target} after ${durationText(ageMs)}: ${countText(opened, 'connection')}, ${bytes}.`
}

function aboutOther({opened, record: {owner, since, status}}: AlreadyOpen, now: number): string {
  const {target, localPort} = opened
  const age = durationText(now - since)
  const health = status?.why === undefined ? '' : ` It is not up now: ${status.why}`
  return `${target} is open already: on port ${localPort}, for ${age}, by process ${owner.pid}.${health} For another one: --new`
}
