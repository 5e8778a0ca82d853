import {fail} from '../../core/errors.js'
import type {OpenedTunnel} from '../../core/results/opened-tunnel.js'
import type {Shell} from '../../core/text/shell-variables.js'
import type {FlagValues} from '../../settings/read.js'
import type {TunnelObserver} from '../../tunnel/observer.js'

export interface OpenRequest {
  readonly target: string
  readonly flags: FlagValues
  /** Whether one that is open already will not do. */
  readonly another: boolean
  /** Whether the local password is replaced by another one from now on. */
  readonly isPasswordRenewed: boolean
  /** Whether to print lines for a shell. */
  readonly isForShell: boolean
  /** All words behind `open`, for a command to type again. */
  readonly words: readonly string[]
}

/** How to show a tunnel that is open. */
export interface ReadyTunnel {
  /** False where another run keeps it open. */
  readonly isHere: boolean
  /** The shell to print lines for. */
  readonly shell?: Shell | undefined
}

/** Where what is open is shown. */
export interface OpenView {
  /** Called once, when the database has answered; or when another run keeps it open, and not this one. */
  ready(tunnel: OpenedTunnel, how: ReadyTunnel): void
  readonly observers?: readonly TunnelObserver[]
}

/** Throws USAGE where a shell is named but no lines for a shell are printed. */
export function checkOutput({isForShell, flags}: Pick<OpenRequest, 'isForShell' | 'flags'>): void {
  if (isForShell || flags['shell'] === undefined) return
  throw fail('USAGE', '--json and --shell cannot be used together.', {hint: 'Use only one of them.'})
}
