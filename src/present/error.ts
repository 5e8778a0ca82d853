import {type DbtunnelError, fail, isDbtunnelError} from '../core/errors.js'
import {wrap} from '../core/text/wrap.js'
import {oneLine} from '../core/text/one-line.js'
import {printableLines} from '../core/text/printable.js'
import {redact} from '../core/text/redact.js'

/** What `--json` prints for a failure. */
export interface ErrorJson {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly hint?: string
    readonly exitCode: number
  }
}

/** Any error as one of ours: what is not expected is a bug of dbtunnel, status 70. */
export function asFailure(error: unknown): DbtunnelError {
  if (isDbtunnelError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return fail('INTERNAL', `This is a bug in dbtunnel: ${oneLine(message)}`, {
    hint: 'Run it again with --debug and report what it prints.',
    cause: error,
  })
}

export interface ErrorTextOptions {
  readonly debug: boolean
  /** The terminal's width, where there is one. */
  readonly columns?: number | undefined
  /** Who speaks, where that is not dbtunnel for all that it does. */
  readonly who?: string | undefined
}

/**
 * What failed and why, with its code; then what to type next, indented, and each command on one line, to be copied.
 * With `debug`, the causes and their stacks.
 */
export function errorText(error: DbtunnelError, options: ErrorTextOptions): string {
  const lines = [wrap(`${options.who ?? 'dbtunnel'}: ${error.message} [${error.code}]`, options.columns)]
  for (const line of error.hint?.split('\n') ?? []) lines.push(`  ${line}`)
  if (options.debug) lines.push(...causes(error.cause))
  // Some of these words are AWS's, an agent's or a stranger's.
  return printableLines(redact(lines.join('\n')))
}

export function errorJson(error: DbtunnelError): ErrorJson {
  const {code, message, hint, exitCode} = error
  const clean = (text: string): string => printableLines(redact(text))
  return {error: {code, message: clean(message), ...(hint === undefined ? {} : {hint: clean(hint)}), exitCode}}
}

function causes(cause: unknown): string[] {
  const lines: string[] = []
  let next = cause
  while (next instanceof Error && lines.length < 50) {
    lines.push(`caused by: ${next.stack ?? next.message}`)
    next = next.cause
  }
  return lines
}
