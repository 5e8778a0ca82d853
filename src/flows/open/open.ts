import {fail, hasCode} from '../../core/errors.js'
import type {TunnelStatus} from '../../core/results/opened-tunnel.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Progress} from '../../core/ports/progress.js'
import {supervise} from '../../core/supervise.js'
import {checkVariables} from '../../core/text/shell-variables.js'
import {mappingCommand, unmappedNotice} from '../../hosts/retry-command.js'
import {keepOpen} from '../../tunnel/keep-open.js'
import {alreadyOpen} from '../../tunnel/registry/find-open.js'
import {withTunnel} from '../../tunnel/with-tunnel.js'
import {approved, isUnapproved} from '../request/approval.js'
import {prepareOne, signInToAll} from '../request/prepare.js'
import {readRequest} from '../request/read-request.js'
import {checkAutoLogin, defaultTtl, tcpNotice} from './auto-login.js'
import {checkOutput, type OpenRequest, type OpenView} from './open-request.js'
import {aboutOther, farewell, productionNotice} from './sentences.js'

/**
 * Opens a tunnel and keeps it, with a fresh login and as many sessions as it
 * takes, until its time is over, the run is ended by a signal (INTERRUPTED, TERMINATED, …) or the
 * tunnel is lost for good. Then all is undone. Rejects with the latter two, and with what the stages reject with. Where
 * another run keeps the same tunnel open, that one is shown, and nothing opened.
 */
export async function open(request: OpenRequest, given: Ports, view: OpenView, progress: Progress): Promise<void> {
  const {words, flags, another, isPasswordRenewed} = request
  checkOutput(request)
  const asked = await readRequest(request, given.sources)
  checkAutoLogin(request, asked.settings)
  const localPort = asked.settings.localPort || (asked.settings.openPort ?? 0)
  const kept = {...asked, settings: {...asked.settings, localPort, ttlMs: defaultTtl(asked.settings)}}
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
    const isAutoLogin = settings.autoLogin
    const wish = {...prepared, command: 'open', takesAddress: false, isAutoLogin, isPasswordRenewed} as const
    const {observers} = view
    await withTunnel(wish, ports, {progress, observers}, run, async (tunnel, opened, told) => {
      if (request.isForShell) checkVariables(opened.env)
      const notice = productionNotice(opened, settings, flags) ?? tcpNotice(settings, flags)
      if (notice !== undefined) run.say.notice(notice)
      const {mapping} = tunnel
      if (mapping.via === 'hostaddr') run.say.notice(unmappedNotice(mapping, mappingCommand('open', words)))
      else if (mapping.via === 'hosts' && mapping.caveat !== undefined) run.say.notice(mapping.caveat)
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
