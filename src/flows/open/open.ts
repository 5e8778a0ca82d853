import type {FlagValues} from '../../settings/read.js'
import {durationText} from '../../core/text/amounts.js'
import {fail, hasCode} from '../../core/errors.js'
import type {OpenedTunnel, TunnelStatus} from '../../core/results/opened-tunnel.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Progress} from '../../core/ports/progress.js'
import {supervise} from '../../core/supervise.js'
import {checkVariables, type Shell} from '../../core/text/shell-variables.js'
import {mappingCommand, unmappedNotice} from '../../hosts/retry-command.js'
import type {TunnelObserver} from '../../tunnel/observer.js'
import {type AlreadyOpen, alreadyOpen} from '../../tunnel/registry/find-open.js'
import {withTunnel} from '../../tunnel/with-tunnel.js'
import {approved, isUnapproved} from '../request/approval.js'
import {prepareOne, signInToAll} from '../request/prepare.js'
import {readRequest} from '../request/read-request.js'
import {farewell, keepOpen} from './keep-open.js'

export interface OpenRequest {
  readonly target: string
  readonly flags: FlagValues
  /** Whether one that is open already will not do. */
  readonly another: boolean
  /** Whether lines for a shell are to be printed of it. */
  readonly isForShell: boolean
  /** All words behind `open`, for a command to type again. */
  readonly words: readonly string[]
}

/** How a tunnel that is open is to be shown. */
export interface ReadyTunnel {
  /** False where another run keeps it open. */
  readonly isHere: boolean
  /** For which lines are to be printed. */
  readonly shell?: Shell | undefined
}

/** Where what is open is shown. */
export interface OpenView {
  /** Called once, when the database has answered; or when another run keeps it open, and not this one. */
  ready(tunnel: OpenedTunnel, how: ReadyTunnel): void
  readonly observers?: readonly TunnelObserver[]
}

/**
 * Opens a tunnel and keeps it, with a fresh login and as many sessions as it
 * takes, until its time is over, the run is ended by a signal (INTERRUPTED, TERMINATED, …) or the
 * tunnel is lost for good. Then all is undone. Rejects with the latter two, and with what the stages reject with. Where
 * another run keeps the same tunnel open, that one is shown, and nothing opened.
 */
export async function open(request: OpenRequest, given: Ports, view: OpenView, progress: Progress): Promise<void> {
  const {words, flags, another} = request
  checkOutput(request)
  const asked = await readRequest(request, given.sources)
  const localPort = asked.settings.localPort || (asked.settings.openPort ?? 0)
  const kept = {...asked, settings: {...asked.settings, localPort}}
  let status: (() => TunnelStatus) | undefined
  const running = supervise(given, async (run) => {
    const unapproved = await prepareOne(kept, {command: 'open', typed: words}, given, run)
    const mayAsk = await isUnapproved(unapproved, given)
    if (mayAsk) await signInToAll([unapproved], run)
    const {ports, ...prepared} = await approved(unapproved, run)
    const {name, settings} = prepared
    const found = another ? undefined : await alreadyOpen(name, settings, ports.aws, ports.state)
    if (found) {
      run.say.notice(aboutOther(found, ports.clock.now()))
      if (request.isForShell) checkVariables(found.opened.env)
      view.ready(found.opened, {isHere: false, shell: settings.shell})
      return
    }
    if (!mayAsk) await signInToAll([{ports, ...prepared}], run)
    const wish = {...prepared, command: 'open', takesAddress: false} as const
    const {observers} = view
    await withTunnel(wish, ports, {progress, observers}, run, async (tunnel, opened, told) => {
      if (request.isForShell) checkVariables(opened.env)
      if (settings.production && settings.ttlMs !== undefined && flags.ttl === undefined) {
        const time = durationText(settings.ttlMs)
        run.say.notice(`${name.text} is production: it is closed after ${time}. For another time: --ttl`)
      }
      const {mapping} = tunnel
      if (mapping.via === 'hostaddr') run.say.notice(unmappedNotice(mapping, mappingCommand('open', words)))
      else if (mapping.caveat !== undefined) run.say.notice(mapping.caveat)
      const wanted = {settings, target: name.text}
      const ready = (now: () => TunnelStatus): void => {
        view.ready(opened, {isHere: true, shell: settings.shell})
        status = now
      }
      const why = await keepOpen(tunnel, wanted, ports, told, ready, run)
      run.say.notice(status ? `${why} ${farewell(status())}` : why)
      return {result: undefined, status: 0}
    })
  })
  return running.catch((error: unknown) => {
    throw status && hasCode(error, 'INTERRUPTED', 'TERMINATED', 'QUIT', 'HANGUP')
      ? fail(error.code, farewell(status()), {cause: error})
      : error
  })
}

/** Throws USAGE where no lines for a shell are wanted, and yet a shell is named. */
export function checkOutput({isForShell, flags}: Pick<OpenRequest, 'isForShell' | 'flags'>): void {
  if (isForShell || flags['shell'] === undefined) return
  throw fail('USAGE', '--json and --shell contradict each other.', {hint: 'Give one of them.'})
}

function aboutOther({opened, record: {owner, since, status}}: AlreadyOpen, now: number): string {
  const {target, localPort} = opened
  const age = durationText(now - since)
  const health = status?.why === undefined ? '' : ` It is not up now: ${status.why}`
  return `${target} is open already: on port ${localPort}, for ${age}, by process ${owner.pid}.${health} For another one: --new`
}
