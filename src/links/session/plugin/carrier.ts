import {withDeadline} from '../../../core/deadline.js'
import {type DbtunnelError, fail, hasCode} from '../../../core/errors.js'
import type {LoginApi, SsmApi} from '../../../core/ports/aws.js'
import type {PrivateFiles} from '../../../core/ports/files.js'
import type {Ports} from '../../../core/ports/ports.js'
import type {ProcessPort, ProcessSpec} from '../../../core/ports/process.js'
import type {Run} from '../../../core/run.js'
import type {Plugin} from './find.js'
import {type Environment, pluginEnvironment, RESPONSE_VARIABLE, temporaryFolder} from './environment.js'
import {loss, startTimeout, USE_NATIVE} from './failure.js'
import {type PluginProcess, watchPlugin} from './process.js'
import {type Relay, relayTo} from './relay.js'
import type {Carry, Link, Carrier} from '../../link.js'

/** A connection is taken and closed again in a millisecond, where nothing is in its way. */
const TOUCH_MS = 1000
/** A database that does not read for a while stops all that goes up, too. */
const STUCK_MS = 60_000

export interface PluginPorts extends Pick<Ports, 'dial'> {
  readonly aws: {readonly ssm: Pick<SsmApi, 'endpointUrl'>; readonly login: Pick<LoginApi, 'startsProgram'>}
  readonly files: Pick<PrivateFiles, 'makeFolder' | 'removeFolder'>
  readonly process: Pick<ProcessPort, 'spawnServant'>
}

/**
 * A session carried by the installed session-manager-plugin, a program in a process group of its own, which listens on
 * any free port: on one that is taken it would hang without a word (real plugin 1.2.677). The user's port is the local end's.
 */
export function pluginCarrier(ports: PluginPorts, plugin: Plugin, environment: Environment): Carrier {
  return {
    id: 'plugin',
    async open(carry, run) {
      const endpoint = await ports.aws.ssm.endpointUrl()
      return start({file: plugin.file, argv: argvOf(carry, endpoint), env: environment}, carry, ports, run)
    },
  }
}

async function start(
  spec: Omit<ProcessSpec, 'env'> & {env: Environment},
  carry: Carry,
  ports: PluginPorts,
  run: Run,
): Promise<Link> {
  run.signal.throwIfAborted()
  let closing = false
  let relay: Relay | undefined
  let folder: Promise<string> | undefined
  let program: Promise<PluginProcess> | undefined
  let started: PluginProcess | undefined
  let touching: Promise<void> | undefined
  let stuck: DbtunnelError | undefined

  const close = run.undo.push('session-manager-plugin', 'local', async () => {
    closing = true
    relay?.close()
    await (await program?.catch(() => undefined))?.stop()
    const made = await folder?.catch(() => undefined)
    if (made !== undefined) await ports.files.removeFolder(made)
  })
  const checkRun = (): void => {
    if (closing) throw fail('SESSION_FAILED', 'The session was closed during its start.')
  }
  const open = async (): Promise<Link> => {
    checkRun()
    folder = ports.files.makeFolder()
    const startsProgram = await ports.aws.login.startsProgram()
    const more = {...responseOf(carry), ...temporaryFolder(await folder)}
    const env = pluginEnvironment(spec.env, {startsProgram, more})
    checkRun()
    program = launch({...spec, env}, ports)
    started = await program
    const {ended, failedDials} = started
    const port = await started.listening.catch((error: unknown) => {
      // Its end was our doing.
      checkRun()
      throw error
    })
    const onward = (relay = relayTo(port, ports.dial))
    return {
      id: carry.grant.sessionId,
      via: {kind: 'session', bastion: carry.bastion, carrier: 'plugin'},
      closed: ended.then((end) => {
        onward.close()
        if (closing) return {}
        return stuck ? {error: stuck} : loss(end)
      }),
      failedDials,
      accept: onward.accept,
      // It resumes by itself. But anything it has to send without a WebSocket ends all its sending. It says so only at the next
      // connection, by giving up; and when there was much to send, not even then (real plugin 1.2.677).
      async check() {
        touching ??= onward.touch(STUCK_MS).then((isTaken) => {
          touching = undefined
          if (isTaken || closing) return
          stuck = fail('TUNNEL_LOST', 'The session-manager-plugin has sent nothing for a minute.', USE_NATIVE)
          void started?.stop()
        })
        await withDeadline(touching, TOUCH_MS, () => new Error('late')).catch(() => {})
      },
      close,
    }
  }
  try {
    const {handshakeMs} = carry.limits
    const late = (): Error => startTimeout(started?.lastLines() ?? [], carry.bastion, handshakeMs)
    return await withDeadline(open(), handshakeMs, late, run.signal)
  } catch (error) {
    await close()
    throw error
  }
}

async function launch(spec: ProcessSpec, ports: PluginPorts): Promise<PluginProcess> {
  try {
    return watchPlugin(await ports.process.spawnServant(spec))
  } catch (error) {
    if (!hasCode(error, 'CLIENT_MISSING', 'CLIENT_UNRUNNABLE')) throw error
    throw fail(
      'PLUGIN_UNUSABLE',
      `The session-manager-plugin cannot be run: --engine native works without it. ${error.message}`,
      {cause: error},
    )
  }
}

/** As AWS CLI v2 calls it. None of it is secret: those can be read in the process list. */
function argvOf({region, profile, request}: Carry, endpoint: string): string[] {
  const {target, document, parameters} = request
  const asked = JSON.stringify({Target: target, DocumentName: document, Parameters: parameters})
  return [RESPONSE_VARIABLE, region, 'StartSession', profile ?? '', asked, endpoint]
}

function responseOf({grant}: Carry): Record<string, string> {
  const {sessionId, tokenValue, streamUrl} = grant
  return {[RESPONSE_VARIABLE]: JSON.stringify({SessionId: sessionId, TokenValue: tokenValue, StreamUrl: streamUrl})}
}
