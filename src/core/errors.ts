/**
 * Every way in which dbtunnel itself fails: a stable code, and the sysexits.h
 * status that goes with it (64 usage, 68 target, 69 unavailable, 70
 * our bug, 73 cannot create, 75 try again, 76 protocol, 77 permission, 78
 * configuration, 126/127 client program).
 */
export const CATALOG = {
  USAGE: {exit: 64},
  TARGET_MISSING: {exit: 64},
  TARGET_INVALID: {exit: 64},
  OPTION_BEFORE_TARGET: {exit: 64},
  ARGUMENT_REFUSED: {exit: 64},
  VALUE_INVALID: {exit: 64},
  REASON_MISSING: {exit: 64},
  CLIENT_MISMATCH: {exit: 64},
  COMMAND_UNKNOWN: {exit: 64},
  TARGET_UNKNOWN: {exit: 68},
  NOT_OPEN: {exit: 68},
  DATABASE_UNAVAILABLE: {exit: 69},
  IAM_LOGIN_OFF: {exit: 69},
  ENGINE_UNSUPPORTED: {exit: 69},
  BASTION_NONE: {exit: 69},
  DATABASE_UNREACHABLE: {exit: 69},
  INTERNAL: {exit: 70},
  PORT_IN_USE: {exit: 73},
  SOCKET_IN_USE: {exit: 73},
  HOSTS_CONFLICT: {exit: 73},
  HOSTS_UNWRITABLE: {exit: 73},
  HOSTS_LOCKED: {exit: 73},
  HELPER_NOT_INSTALLED: {exit: 73},
  FILES_UNWRITABLE: {exit: 73},
  AWS_THROTTLED: {exit: 75},
  AWS_UNREACHABLE: {exit: 75},
  AWS_FAILED: {exit: 75},
  TIMEOUT: {exit: 75},
  TUNNEL_LOST: {exit: 75},
  SESSION_FAILED: {exit: 75},
  NOT_CLOSED: {exit: 75},
  TLS_IDENTITY: {exit: 76},
  PROTOCOL: {exit: 76},
  CREDENTIALS_MISSING: {exit: 77},
  CREDENTIALS_EXPIRED: {exit: 77},
  CREDENTIALS_INVALID: {exit: 77},
  ACCESS_DENIED: {exit: 77},
  LOGIN_REFUSED: {exit: 77},
  REGION_MISSING: {exit: 78},
  APPROVAL_MISSING: {exit: 78},
  CONFIG_INVALID: {exit: 78},
  CONFIG_UNSAFE: {exit: 78},
  CA_MISSING: {exit: 78},
  PROXY_REFUSED: {exit: 78},
  PLATFORM_UNSUPPORTED: {exit: 78},
  PLUGIN_UNUSABLE: {exit: 78},
  CLIENT_UNRUNNABLE: {exit: 126},
  CLIENT_MISSING: {exit: 127},
  HANGUP: {exit: 129},
  INTERRUPTED: {exit: 130},
  QUIT: {exit: 131},
  TERMINATED: {exit: 143},
} as const satisfies Record<string, {exit: number}>

export type ErrorCode = keyof typeof CATALOG

// A symbol and not instanceof: as an oclif plugin, two copies of dbtunnel can
// live in one process.
const BRAND = Symbol.for('dbtunnel.error')

export interface FailureDetails {
  /** What to type or do next; one or more lines. */
  hint?: string | undefined
  /** What caused it; shown under `--debug` only. */
  cause?: unknown
}

/** An expected failure, told to the user as message and hint, never as a stack trace. */
export class DbtunnelError extends Error {
  override readonly name = 'DbtunnelError'
  readonly [BRAND] = true
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly exitCode: number

  constructor(code: ErrorCode, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : {cause: details.cause})
    this.code = code
    this.hint = details.hint
    this.exitCode = CATALOG[code].exit
  }
}

/** Makes the error to throw: `throw fail('PORT_IN_USE', 'Port 5432 is taken.', {hint: …})`. */
export function fail(code: ErrorCode, message: string, details: FailureDetails = {}): DbtunnelError {
  return new DbtunnelError(code, message, details)
}

export function isDbtunnelError(error: unknown): error is DbtunnelError {
  return typeof error === 'object' && error !== null && BRAND in error
}

/** True when the error is a DbtunnelError of one of these codes. */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is DbtunnelError {
  return isDbtunnelError(error) && codes.includes(error.code)
}
