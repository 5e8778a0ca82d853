import {fail, isDbtunnelError} from '../core/errors.js'
import type {Ports} from '../core/ports/ports.js'
import type {StateKey} from '../core/ports/state.js'
import type {TunnelRecord} from '../core/results/tunnel-record.js'
import {hostsLines} from '../hosts/edit.js'
import {type FoundRecord, meantBy, notOpen, readRecords} from '../tunnel/registry/read-records.js'
import {supervise} from '../core/supervise.js'
import {endLeft, sessionsOf} from '../tunnel/registry/sweep.js'

/** For all its undoing an owner takes 2 s at the most, and a little longer to end. */
const PATIENCE_MS = 5000
/** For what nobody can hold up. */
const KILLED_MS = 1000
const LOOK_MS = 20

type ClosePorts = Pick<Ports, 'clock' | 'files' | 'hostsFile' | 'say' | 'signals' | 'ssmOf' | 'state'>

/** What to end: exactly one of the two. */
export interface CloseRequest {
  /** Targets, local ports, session ids or process ids. */
  readonly targets: readonly string[]
  readonly all: boolean
}

/**
 * Ends what is open under these words (target, local port, session id, owner's pid), or all of it, and waits until it is gone: process,
 * port, hosts line, and session at AWS. That of psql or exec is ended by its session id or pid only, never with others. Returns the
 * targets. Rejects with USAGE, NOT_OPEN, NOT_CLOSED, or what AWS refuses the end of a session with.
 */
export async function close({targets: words, all}: CloseRequest, ports: ClosePorts): Promise<readonly string[]> {
  if ((words.length === 0) !== all) {
    const message = all ? 'Use either a target or --all, not both.' : 'Name a target, or use --all.'
    throw fail('USAGE', message, {hint: 'dbtunnel close TARGET, or: dbtunnel close --all'})
  }
  return supervise(ports, async (run) => {
    const {records, strange} = await readRecords(ports.state)
    for (const {problem} of strange) run.say.notice(`Ignored: ${problem}`)
    const [some, others] = [new Set<FoundRecord>(), new Set<FoundRecord>()]
    for (const word of all ? [undefined] : words) {
      const meant = meantBy(word, records)
      const free = meant.filter((one) => isFree(one, word))
      if (word !== undefined && free.length === 0)
        throw meant[0] ? ofClient(word, meant[0].record) : notOpen(word, records)
      for (const one of meant) (free.includes(one) ? some : others).add(one)
    }
    const outcomes = await Promise.allSettled([...some].map((one) => end(one, ports, run.signal)))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
    // Owners clean up after themselves; this is for those who could not.
    await hostsLines(ports.hostsFile)
      .sweep()
      .catch((error: unknown) => run.say.debug(`hosts file not swept: ${String(error)}`))
    await ports.files.sweep().catch((error: unknown) => run.say.debug(`private folders not swept: ${String(error)}`))
    for (const one of others) if (!some.has(one)) run.say.notice(ofClientText(one.record))
    return [...some].map(({record}) => record.target)
  })
}

/** Someone may be in the middle of something there. */
function isFree({record, process}: FoundRecord, word: string | undefined): boolean {
  const isNamed = word === String(record.owner.pid) || record.sessions.some(({id}) => id === word)
  return isNamed || record.command === 'open' || process === 'dead'
}

async function end({record, process}: FoundRecord, ports: ClosePorts, signal: AbortSignal): Promise<void> {
  const {owner, target, localPort} = record
  if (process === 'elsewhere') {
    throw fail('NOT_CLOSED', `${target} is open in process ${owner.pid} of another machine or container.`, {
      hint: `End it there: kill ${owner.pid}`,
    })
  }
  if (process === 'alive') await stop(record, ports, signal)
  // What it could not end at AWS is still noted: then it is our turn.
  const left = (await readRecords(ports.state)).records.find((one) => isSame(one.record, {owner, localPort}))
  if (left?.process !== 'dead') return
  await endLeft(left.record, ports, signal).catch((error: unknown) => {
    if (!isDbtunnelError(error)) throw error
    throw fail(
      error.code,
      `${target} is closed, but not its session at AWS (${sessionsOf(left.record)}): ${error.message}`,
      {
        hint: error.hint,
        cause: error,
      },
    )
  })
}

function isSame(one: StateKey, other: StateKey): boolean {
  return one.owner.pid === other.owner.pid && one.localPort === other.localPort
}

async function stop({owner, target}: TunnelRecord, {state, clock}: ClosePorts, signal: AbortSignal): Promise<void> {
  const hasGone = async (withinMs: number): Promise<boolean> => {
    for (const deadline = clock.now() + withinMs; state.look(owner) === 'alive'; await clock.sleep(LOOK_MS, signal)) {
      if (clock.now() > deadline) return false
    }
    return true
  }
  try {
    state.signal(owner, 'SIGTERM')
    // It may have been stopped (Ctrl-Z).
    state.signal(owner, 'SIGCONT')
    if (await hasGone(PATIENCE_MS)) return
    state.signal(owner, 'SIGKILL')
    if (await hasGone(KILLED_MS)) return
  } catch (error) {
    if (signal.aborted) throw error
    throw fail('NOT_CLOSED', `Process ${owner.pid}, which keeps ${target} open, cannot be ended.`, {
      hint: `sudo kill ${owner.pid}`,
      cause: error,
    })
  }
  throw fail('NOT_CLOSED', `Process ${owner.pid}, which keeps ${target} open, does not end.`)
}

function ofClient(word: string, record: TunnelRecord): Error {
  return fail('NOT_OPEN', `${word} is not open for others: ${ofClientText(record)}`)
}

function ofClientText({target, command, owner}: TunnelRecord): string {
  return `${command} uses ${target}. To close it anyway: dbtunnel close ${owner.pid}`
}
