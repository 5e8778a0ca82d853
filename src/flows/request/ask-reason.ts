import type {Settings} from '../../settings/settings.js'
import {reasonText} from '../../settings/values.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import type {Person} from '../../core/ports/person.js'
import type {Run} from '../../core/run.js'
import {shellLine} from '../../core/text/shell-line.js'
import type {TunnelRecord} from '../../core/results/tunnel-record.js'
import {spokenName} from '../../targets/parse-target.js'
import type {TargetRequest} from './read-request.js'

export interface ReasonRequest {
  /** The target as people say it. */
  readonly target: string
  readonly settings: Settings
  readonly command: TunnelRecord['command']
  /** All words behind the command, for a line to type again. */
  readonly typed: readonly string[]
}

/**
 * The settings, with a reason where they want one: the person at the terminal is asked, and after an
 * empty line once more. To be called before
 * anything is drawn or AWS is asked. Rejects with REASON_MISSING, or VALUE_INVALID for what was typed.
 */
export async function withReason(
  {target, settings, command, typed}: ReasonRequest,
  person: Pick<Person, 'canAsk' | 'ask'>,
  run: Pick<Run, 'signal'>,
): Promise<Settings> {
  if (!settings.requireReason || settings.reason !== undefined) return settings
  const question = `Reason for ${target} (kept in the session history): `
  const ask = async (): Promise<string> => (person.canAsk() ? person.ask(question, run.signal) : '')
  // Enter may have been pressed before the question was read.
  const line = await ask()
  const text = line.trim() || (line === '' ? '' : (await ask()).trim())
  if (text === '') throw reasonMissing(target, command, typed)
  return {...settings, reason: reasonText({text, origin: 'The reason'})}
}

/** The same for several: one reason is asked for, for all that want one and have none. */
export async function withOneReason<T extends TargetRequest>(
  all: readonly T[],
  {command, typed}: Pick<ReasonRequest, 'command' | 'typed'>,
  person: Pick<Person, 'canAsk' | 'ask'>,
  run: Pick<Run, 'signal'>,
): Promise<readonly T[]> {
  const [first, ...others] = all.filter(({settings}) => settings.requireReason && settings.reason === undefined)
  if (!first) return all
  const target = `${spokenName(first.name)}${others.length > 0 ? ` and ${others.length} more` : ''}`
  const {reason} = await withReason({target, settings: first.settings, command, typed}, person, run)
  return all.map((one) => (one === first || others.includes(one) ? {...one, settings: {...one.settings, reason}} : one))
}

function reasonMissing(target: string, command: string, words: readonly string[]): DbtunnelError {
  return fail('REASON_MISSING', `A reason is required for ${target}.`, {
    hint: shellLine(['dbtunnel', command, '--reason', 'TICKET: what for', ...words]),
  })
}
