import type {Bastion} from '../../bastions/bastion.js'
import {withDeadline} from '../../core/deadline.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import {SESSION_DOCUMENT} from '../../core/iam/statements.js'
import {nodeName} from '../../core/grammars.js'
import {
  type SessionGrant,
  type SsmApi,
  type StartSessionAnswer,
  type StartSessionRequest,
  TargetNotConnected,
} from '../../core/ports/aws.js'
import type {Run} from '../../core/run.js'
import type {Target} from '../../targets/target.js'
import {checkStreamUrl} from './stream-url.js'

export interface StartedSession {
  readonly grant: SessionGrant
  readonly bastion: Bastion
  readonly request: StartSessionRequest
  /** Ends it at AWS before the run's own undoing does. */
  terminate(): Promise<void>
}

export interface StartOptions {
  readonly target: Target
  /** In order of preference. */
  readonly bastions: readonly Bastion[]
  readonly settings: {readonly reason?: string | undefined}
  /** For each call, in milliseconds. */
  readonly timeLeft: () => number
}

/**
 * Starts a session on the first bastion that is connected. Rejects with BASTION_NONE, TIMEOUT, PROTOCOL when the session's
 * stream leads to where it must not, or what the call rejects with.
 */
export async function startSession(
  {target, bastions, settings, timeLeft}: StartOptions,
  ssm: Pick<SsmApi, 'startSession' | 'terminateSession'>,
  run: Run,
): Promise<StartedSession> {
  const {host, port} = target.endpoint
  // The plugin's own port, any free one: it is no program's but ours.
  const parameters = {host: [host], portNumber: [String(port)], localPortNumber: ['0']}
  for (const bastion of bastions) {
    const request = {target: bastion.id, document: SESSION_DOCUMENT, parameters, reason: settings.reason}
    try {
      return {bastion, request, ...(await start(request, ssm, timeLeft(), run))}
    } catch (error) {
      if (!(error instanceof TargetNotConnected)) throw error
      run.say.debug(`${nodeName(bastion)} is not connected to Session Manager: ${error.message}`)
    }
  }
  throw noneConnected(bastions)
}

async function start(
  request: StartSessionRequest,
  ssm: Pick<SsmApi, 'startSession' | 'terminateSession'>,
  timeoutMs: number,
  run: Run,
): Promise<Pick<StartedSession, 'grant' | 'terminate'>> {
  run.signal.throwIfAborted()
  let over = false
  let answer: Promise<StartSessionAnswer> | undefined = undefined
  // A call under way is not broken off by a signal: AWS may have granted the
  // session already, and only the answer says which one there is to terminate.
  const terminate = run.undo.push('session at AWS (it ends by itself once idle)', 'network', async () => {
    over = true
    const grant = await answer?.catch(() => undefined)
    if (grant) await ssm.terminateSession(grant.sessionId)
  })
  const checkRun = (): void => {
    if (over) throw fail('SESSION_FAILED', 'The run ended before the session began.')
  }
  checkRun()
  answer = ssm.startSession(request, run.signal)
  const late = (): DbtunnelError => fail('TIMEOUT', 'AWS gave no answer to StartSession in time.', {hint: 'Try again.'})
  const grant = await withDeadline(answer, timeoutMs, late, run.signal)
  checkRun()
  // Here, for every carrier that may carry it. The session is ended with the run.
  checkStreamUrl(grant)
  return {grant, terminate}
}

function noneConnected(bastions: readonly Bastion[]): DbtunnelError {
  const lines = bastions.map((bastion) => `${nodeName(bastion)}: not connected to Session Manager`)
  return fail('BASTION_NONE', 'No bastion is connected to Session Manager.', {
    hint: [...lines, 'Check that the SSM agent runs there, and that it reaches Systems Manager on port 443.'].join(
      '\n',
    ),
  })
}
