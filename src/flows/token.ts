import {withDeadline} from '../core/deadline.js'
import {fail} from '../core/errors.js'
import type {FlagValues} from '../settings/read.js'
import {resolveTarget} from '../targets/resolve-target.js'
import {checkUser} from '../databases/checks.js'
import {databaseKind} from '../databases/kind-of.js'
import {signToken} from '../databases/sign-token.js'
import type {AwsApi} from '../core/ports/aws.js'
import type {Ports} from '../core/ports/ports.js'
import type {Run} from '../core/run.js'
import {describeDatabase, resolveInput} from '../tunnel/discovery/discover.js'
import {followWriter} from '../tunnel/discovery/follow-writer.js'
import {type ApprovalPorts, withApproval} from './request/approval.js'
import {readRequest, type TargetRequest} from './request/read-request.js'
import {signIn} from './request/sign-in.js'
import {supervise} from '../core/supervise.js'
import {together} from '../core/all-or-first-failure.js'

export interface TokenResult {
  readonly token: string
  /** The endpoint that it was signed for. */
  readonly host: string
  readonly port: number
  readonly user: string
  /** ISO 8601. */
  readonly expiresAt: string
}

/** RDS checks the age of a token at login only (domain: 15 minutes). */
const LIFETIME_MS = 15 * 60_000

/**
 * Resolves the database and signs one token; no tunnel, no bastion. And no cache: nothing is connected to here that would
 * show an old endpoint for what it is, and who is given a token for that finds out from a refused login.
 */
export async function token(
  request: {readonly target: string; readonly flags: FlagValues},
  ports: ApprovalPorts & Pick<Ports, 'clock' | 'environment' | 'person' | 'process' | 'say' | 'signals' | 'sources'>,
): Promise<TokenResult> {
  const asked = await readRequest(request, ports.sources)
  return supervise(ports, async (run) => {
    const account = ports.awsFor(asked.settings)
    await signIn(account, ports, run)
    const approved = await withApproval(asked, account, describeWhereItIs, ports, run)
    const {
      request: {name, settings},
      aws,
    } = await followWriter(asked, approved, run)
    const looked = together([
      resolveTarget(name, resolveInput(settings), aws.rds, run),
      settings.user ?? aws.sts.identity(run.signal).then((identity) => identity.name),
    ])
    const late = (): Error =>
      fail('TIMEOUT', `AWS did not answer within ${settings.timeoutMs / 1000} s.`, {hint: 'Try again.'})
    const [{endpoint, region, databaseKind: kind}, user] = await withDeadline(
      looked,
      settings.timeoutMs,
      late,
      run.signal,
    )
    checkUser(databaseKind(kind), user)
    const signedAt = ports.clock.now()
    const signed = await signToken({endpoint, region, user}, aws.signing)
    return {token: signed, ...endpoint, user, expiresAt: new Date(signedAt + LIFETIME_MS).toISOString()}
  })
}

async function describeWhereItIs(asked: TargetRequest, account: AwsApi, run: Run): Promise<void> {
  const {request, aws} = await followWriter(asked, account, run)
  await describeDatabase(request, aws, run)
}
