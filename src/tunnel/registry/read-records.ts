import {distance} from 'fastest-levenshtein'
import {closestNames} from '../../core/text/closest-names.js'
import {type DbtunnelError, fail, hasCode} from '../../core/errors.js'
import type {ProcessState} from '../../core/ports/hosts.js'
import type {StatePort} from '../../core/ports/state.js'
import {readTunnelRecord, type TunnelRecord} from '../../core/results/tunnel-record.js'
import {leadsTo} from '../../targets/points-at.js'
import {parseTarget} from '../../targets/parse-target.js'
import {shownName} from '../../core/text/shell-line.js'

export interface FoundRecord {
  readonly record: TunnelRecord
  /** Its owner. */
  readonly process: ProcessState
}

/** A state file that cannot be believed. `problem` names it. */
export interface StrangeFile {
  readonly path: string
  readonly problem: string
}

/** All that the state folder tells, the oldest first. Never rejects. */
export async function readRecords(
  state: Pick<StatePort, 'files' | 'look'>,
): Promise<{readonly records: readonly FoundRecord[]; readonly strange: readonly StrangeFile[]}> {
  const records: FoundRecord[] = []
  const strange: StrangeFile[] = []
  for (const file of await state.files()) {
    if ('problem' in file) strange.push(file)
    else {
      try {
        const record = readTunnelRecord(file.text)
        records.push({record, process: state.look(record.owner)})
      } catch (error) {
        strange.push({path: file.path, problem: `${file.path} cannot be read: ${(error as Error).message}`})
      }
    }
  }
  records.sort((a, b) => a.record.since - b.record.since)
  return {records, strange}
}

/**
 * By its target, its local port, a session's id, its owner's pid, or its endpoint's name; where nothing is called so, by what RDS calls the
 * database. All of them without a word.
 */
export function meantBy(word: string | undefined, records: readonly FoundRecord[]): readonly FoundRecord[] {
  if (word === undefined) return records
  const isNamed = ({target, localPort, sessions, owner, endpoint}: TunnelRecord): boolean =>
    [target, String(localPort), String(owner.pid), endpoint.host, ...sessions.map(({id}) => id)].includes(word)
  const named = records.filter(({record}) => isNamed(record))
  return named.length > 0 ? named : records.filter(({record}) => isOf(word, record))
}

function isOf(word: string, {endpoint}: TunnelRecord): boolean {
  try {
    return leadsTo(parseTarget(word), endpoint.host)
  } catch (error) {
    if (hasCode(error, 'TARGET_INVALID')) return false
    throw error
  }
}

export function notOpen(word: string, records: readonly FoundRecord[]): DbtunnelError {
  const targets = [...new Set(records.map(({record}) => record.target))]
  const shown = (names: readonly string[]): string => names.map((name) => shownName(name)).join(', ')
  const close = closestNames(word, targets, distance)
  const hint =
    close.length > 0
      ? `Did you mean: ${shown(close)}`
      : targets.length > 0
        ? `Open tunnels: ${shown(targets.slice(0, 8))}${targets.length > 8 ? ', …' : ''}`
        : 'Nothing is open.'
  return fail('NOT_OPEN', `${word} is not open.`, {hint})
}
