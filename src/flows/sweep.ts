import type {SsmApi} from '../core/ports/aws.js'
import type {Clock} from '../core/ports/clock.js'
import type {PrivateFiles} from '../core/ports/files.js'
import type {StatePort} from '../core/ports/state.js'
import type {Say} from '../core/run.js'
import {type RecordedAccount, type TunnelRecord, writeTunnelRecord} from '../core/tunnel-record.js'
import {readRecords} from './records.js'

export interface SweepPorts {
  readonly clock: Pick<Clock, 'now'>
  readonly files: Pick<PrivateFiles, 'sweep'>
  readonly state: StatePort
  /** Systems Manager as someone else had asked it. */
  readonly ssmOf: (account: RecordedAccount) => Pick<SsmApi, 'terminateSession'>
}

/** Session Manager ends what nobody uses: within an hour at the most (its idle timeout), and this is a day. */
const GIVE_UP_MS = 24 * 60 * 60_000

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
  } catch (error) {
    if (signal.aborted) throw error
    const since = record.failure?.since ?? clock.now()
    if (clock.now() - since < GIVE_UP_MS) {
      const failure = {message: (error as Error).message, since}
      await state.write(record, writeTunnelRecord({...record, failure}))
      throw error
    }
  }
  await state.remove(record)
}

/** Their ids, for a line of text. */
export function sessionsOf({sessions}: TunnelRecord): string {
  return sessions.map(({id}) => id).join(', ')
}
