import {isDbtunnelError} from '../../core/errors.js'
import type {LeftSessions} from '../../core/ports/aws.js'
import type {Clock} from '../../core/ports/clock.js'
import type {PrivateFiles} from '../../core/ports/files.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Say} from '../../core/run.js'
import {type AskedSession, type TunnelRecord, writeTunnelRecord} from '../../core/results/tunnel-record.js'
import {readRecords} from './read-records.js'

type SweepPorts = Pick<Ports, 'ssmOf' | 'state'> & {
  readonly clock: Pick<Clock, 'now'>
  readonly files: Pick<PrivateFiles, 'sweep'>
}

/** Session Manager ends what nobody uses: within an hour at the most (its idle timeout), and this is a day. */
const GIVE_UP_MS = 24 * 60 * 60_000
/** AWS's list of sessions may be a little behind what it grants. */
const LIST_LAG_MS = 30_000
/** The longest that Session Manager lets a session be idle. */
const LONGEST_IDLE_MS = 60 * 60_000
/** What a state file takes. */
const LONGEST_MESSAGE = 2000

/**
 * Takes out what dead owners have left: their private folders, and their sessions at AWS, as those had asked it. What
 * AWS refuses is kept, with why, for the next time. Never rejects.
 */
export async function sweep(ports: SweepPorts, say: Pick<Say, 'debug'>, signal: AbortSignal): Promise<void> {
  await ports.files.sweep().catch((error: unknown) => say.debug(`private folders not swept: ${String(error)}`))
  const {records} = await readRecords(ports.state)
  const logs = records.flatMap(({record: {log}}) => log ?? [])
  await ports.state.pruneLogs(logs).catch((error: unknown) => say.debug(`logs not pruned: ${String(error)}`))
  const dead = records.filter(({process}) => process === 'dead')
  await Promise.all(
    dead.map(({record}) =>
      endLeft(record, ports, signal).catch((error: unknown) => {
        say.debug(`state: ${sessionsOf(record)} not ended: ${(error as Error).message}`)
      }),
    ),
  )
}

/**
 * Ends a dead owner's sessions at AWS and takes its state file out. Rejects with what AWS refuses it with, after noting
 * that in the file.
 */
export async function endLeft(record: TunnelRecord, ports: SweepPorts, signal: AbortSignal): Promise<void> {
  const {clock, ssmOf, state} = ports
  const {account, sessions} = record
  try {
    const ssm = ssmOf(account)
    await Promise.all(sessions.map(({id}) => ssm.terminateSession(id, signal)))
    const asked = await endAsked(record, ssm, clock.now(), signal)
    if (asked.length > 0) {
      await state.write(record, writeTunnelRecord({...record, sessions: [], asked, failure: undefined}))
      return
    }
  } catch (error) {
    if (signal.aborted) throw error
    const since = record.failure?.since ?? clock.now()
    if (clock.now() - since < GIVE_UP_MS) {
      const failure = {message: messageOf(error), since}
      await state.write(record, writeTunnelRecord({...record, failure}))
      throw error
    }
  }
  await state.remove(record)
}

/** Ends those whose answer never came; gives the others back that may still come into AWS's list. */
async function endAsked(
  {asked}: TunnelRecord,
  ssm: LeftSessions,
  now: number,
  signal: AbortSignal,
): Promise<readonly AskedSession[]> {
  if (asked.length === 0) return []
  const findMs = (await ssm.isSameCaller()) ? LIST_LAG_MS : LONGEST_IDLE_MS
  const notFound = await Promise.all(
    asked.map(async (one) => {
      const ids = await ssm.sessionsMarked(one.mark, one.bastion, signal)
      await Promise.all(ids.map((id) => ssm.terminateSession(id, signal)))
      return ids.length === 0 && now - one.at < findMs ? [one] : []
    }),
  )
  return notFound.flat()
}

/** With what to do: `status` says it. */
function messageOf(error: unknown): string {
  const hint = isDbtunnelError(error) && error.code === 'ACCESS_DENIED' ? `\n${error.hint}` : ''
  return `${(error as Error).message}${hint}`.slice(0, LONGEST_MESSAGE)
}

/** Their ids, or marks, for a line of text. */
export function sessionsOf({sessions, asked}: TunnelRecord): string {
  return [...sessions.map(({id}) => id), ...asked.map(({mark}) => mark)].join(', ')
}
