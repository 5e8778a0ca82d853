import {isDbtunnelError} from '../../core/errors.js'

/** True when the failure that `ask` told comes from an SDK exception of one of these names. */
export function causedBy(error: unknown, ...names: readonly string[]): boolean {
  return isDbtunnelError(error) && error.cause instanceof Error && names.includes(error.cause.name)
}
