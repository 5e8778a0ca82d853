import {accessDenied} from '../../../core/iam/access-denied.js'
import {type DbtunnelError, fail, hasCode, isDbtunnelError} from '../../../core/errors.js'
import {UpgradeRefused} from '../../../core/ports/network.js'
import {foreignWords} from './quote-foreign.js'

/** The fresh token and signature were good: it is the permission that is missing. */
export function isForbidden(error: unknown): boolean {
  return error instanceof UpgradeRefused && error.status === 403
}

/** What may pass by itself: not a refusal by AWS, which another attempt would get again. */
export function isPassing(error: unknown): boolean {
  return !isDbtunnelError(error) || hasCode(error, 'AWS_THROTTLED', 'AWS_UNREACHABLE', 'AWS_FAILED', 'TIMEOUT')
}

/** Why the data channel on `host` could not be opened. */
export function neverOpened(error: unknown, host: string): DbtunnelError {
  if (isDbtunnelError(error)) return error
  if (isForbidden(error)) return accessDenied('ssmmessages:OpenDataChannel', {cause: error})
  return fail('SESSION_FAILED', `Session Manager's data channel could not be reached: ${reasonOf(error)}.`, {
    hint: `Check that ${host} can be reached from here.`,
    cause: error,
  })
}

/** Why a data channel that was lost (`why`) did not come back. */
export function notResumed(why: string, error: unknown): DbtunnelError {
  const hint = isDbtunnelError(error) ? error.hint : undefined
  return fail(
    'TUNNEL_LOST',
    `The tunnel was lost (${foreignWords(why)}) and could not be resumed: ${reasonOf(error)}.`,
    {
      hint: hint ?? 'Run the command again.',
      cause: error,
    },
  )
}

function reasonOf(error: unknown): string {
  return foreignWords(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}
