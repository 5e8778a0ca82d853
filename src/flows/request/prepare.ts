import type {AwsApi} from '../../core/ports/aws.js'
import type {AccountPorts, Ports} from '../../core/ports/ports.js'
import type {Run} from '../../core/run.js'
import type {TunnelRecord} from '../../core/results/tunnel-record.js'
import {withOneReason} from './ask-reason.js'
import type {TargetRequest} from './read-request.js'
import {sharedAws} from './shared-aws.js'
import {signIn} from './sign-in.js'

/** A target with all that was asked for it, and the AWS account that it is in. */
export interface PreparedTarget extends TargetRequest {
  readonly ports: AccountPorts
}

/**
 * Asks for a reason where one is needed and none was given: once, for all of them. Rejects with REASON_MISSING or
 * VALUE_INVALID. AWS is not asked. `typed` are all words behind the command, for a line to type again.
 */
export async function prepare(
  requests: readonly TargetRequest[],
  asked: {readonly command: TunnelRecord['command']; readonly typed: readonly string[]},
  ports: Ports,
  run: Run,
): Promise<readonly PreparedTarget[]> {
  const reasoned = await withOneReason(requests, asked, ports.person, run)
  const accounts = new Map<string, AwsApi>()
  return reasoned.map((request) => {
    const {profile, region} = request.settings
    const key = JSON.stringify([profile, region])
    const own = (): AwsApi => {
      const aws = ports.awsFor(request.settings)
      return reasoned.length === 1 ? aws : sharedAws(aws, reasoned.length, ports.clock, run)
    }
    const aws = accounts.get(key) ?? own()
    accounts.set(key, aws)
    return {...request, ports: {...ports, aws}}
  })
}

/** The same for one. */
export async function prepareOne(
  request: TargetRequest,
  asked: {readonly command: TunnelRecord['command']; readonly typed: readonly string[]},
  ports: Ports,
  run: Run,
): Promise<PreparedTarget> {
  const [prepared] = await prepare([request], asked, ports, run)
  if (!prepared) throw new Error('A target was lost.')
  return prepared
}

/** Gets credentials for all their accounts, one after another: a person can answer one question at a time. */
export async function signInToAll(targets: readonly PreparedTarget[], run: Run): Promise<void> {
  const accounts = new Map(targets.map(({ports}) => [ports.aws, ports]))
  for (const [aws, ports] of accounts) await signIn(aws, ports, run)
}
