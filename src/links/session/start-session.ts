import type {Bastion} from '../../bastions/bastion.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import {SESSION_DOCUMENT} from '../../core/iam/statements.js'
import {nodeName} from '../../core/grammars.js'
import type {SessionGrant, SsmApi, StartSessionAnswer, StartSessionRequest} from '../../core/ports/aws.js'
import {type Limit, withLimit} from '../../core/limit.js'
import type {Run} from '../../core/run.js'
import type {Target} from '../../targets/target.js'
import {silentGrant} from './silence.js'
import {checkStreamUrl} from './stream-url.js'

export interface StartedSession {
  readonly grant: SessionGrant
  readonly request: StartSessionRequest
}

export interface StartOptions {
  readonly target: Target
  readonly bastion: Bastion
  readonly settings: {readonly reason?: string | undefined}
  /** For AWS's answer, from when the call is sent. */
  readonly grantMs: number
}

/**
 * Starts a session on this bastion. Rejects with TIMEOUT, PROTOCOL when the session's stream leads to where it must not, or
 * what the call rejects with.
 */
export async function startSession(
  {target, bastion, settings, grantMs}: StartOptions,
  ssm: Pick<SsmApi, 'startSession' | 'terminateSession'>,
  run: Run,
): Promise<StartedSession> {
  const {host, port} = target.endpoint
  // The plugin's own port, any free one: it is no program's but ours.
  const parameters = {host: [host], portNumber: [String(port)], localPortNumber: ['0']}
  const request = {target: bastion.id, document: SESSION_DOCUMENT, parameters, reason: settings.reason}
  run.signal.throwIfAborted()
  let over = false
  let answer: Promise<StartSessionAnswer> | undefined = undefined
  // A call under way is not broken off by a signal: AWS may have granted the
  // session already, and only the answer says which one there is to terminate.
  run.undo.push('session at AWS (it ends by itself once idle)', 'network', async () => {
    over = true
    const grant = await answer?.catch(() => undefined)
    if (grant) await ssm.terminateSession(grant.sessionId)
  })
  const checkRun = (): void => {
    if (over) throw fail('SESSION_FAILED', 'The run ended before the session began.')
  }
  checkRun()
  const limit: Limit = {ms: grantMs, late: (): DbtunnelError => silentGrant(bastion, grantMs)}
  const grant = await withLimit(limit, run.signal, (begin) => {
    return (answer = ssm.startSession(request, run.signal, begin))
  })
  checkRun()
  // Here, for every carrier that may carry it. The session is ended with the run.
  checkStreamUrl(grant)
  return {grant, request}
}

/** All of them said so. */
export function noneConnected(bastions: readonly Bastion[]): DbtunnelError {
  const lines = bastions.map((bastion) => `${nodeName(bastion)}: not connected to Session Manager`)
  return fail('BASTION_NONE', 'No bastion is connected to Session Manager.', {
    hint: [...lines, 'Check that the SSM agent runs there, and that it reaches Systems Manager on port 443.'].join(
      '\n',
    ),
  })
}
