import type {Bastion} from '../../bastions/bastion.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import {SESSION_DOCUMENT} from '../../core/iam/statements.js'
import {nodeName} from '../../core/grammars.js'
import {accountOptions} from '../../core/text/aws-cli-options.js'
import type {SessionGrant, SsmApi, StartSessionAnswer, StartSessionRequest} from '../../core/ports/aws.js'
import {type Limit, withLimit} from '../../core/deadline.js'
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
    if (over) throw fail('SESSION_FAILED', 'dbtunnel stopped before the session started.')
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

/** AWS starts a session on none of them. `told`: its own words, by the bastion's id, where they say more than "not connected". */
export function noneConnected(
  bastions: readonly Bastion[],
  told: ReadonlyMap<string, string>,
  account: {readonly region: string; readonly profile?: string | undefined},
): DbtunnelError {
  const [only, ...more] = bastions
  const lines = bastions.map((one) => `${nodeName(one)}: ${told.get(one.id) ?? 'not connected to Session Manager'}`)
  const advice = [...told.values()].some((words) => /advanced-instances tier/i.test(words))
    ? [
        'Turn the advanced-instances tier on (it costs money for each machine outside EC2):',
        `aws ssm update-service-setting --setting-id /ssm/managed-instance/activation-tier --setting-value advanced${accountOptions(account)}`,
      ]
    : []
  if (told.size < bastions.length) {
    advice.push(
      'Check that the SSM agent runs there and reaches Systems Manager on port 443. To see connected instances: aws ssm describe-instance-information',
    )
  }
  if (told.size === 0) {
    return fail('BASTION_NONE', 'No bastion is connected to Session Manager.', {hint: [...lines, ...advice].join('\n')})
  }
  const words = only && more.length === 0 ? told.get(only.id) : undefined
  return words === undefined
    ? fail('BASTION_NONE', 'AWS starts a session on no bastion.', {hint: [...lines, ...advice].join('\n')})
    : fail('BASTION_NONE', `AWS starts no session on bastion ${only ? nodeName(only) : ''}: ${words}`, {
        hint: advice.length > 0 ? advice.join('\n') : undefined,
      })
}
