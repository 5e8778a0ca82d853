import type {Settings} from '../../settings/settings.js'
import {partitionOf} from '../../core/partitions.js'
import type {AwsApi, SsmApi, StartSessionRequest} from '../../core/ports/aws.js'
import type {Clock} from '../../core/ports/clock.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Run} from '../../core/run.js'
import {markedReason, newSessionMark} from '../../core/session-mark.js'
import {
  type AskedSession,
  type RecordedSession,
  type TunnelRecord,
  writeTunnelRecord,
} from '../../core/results/tunnel-record.js'

/** This run's state file: there before AWS is asked for a session, gone when all of them have ended. */
export interface RunRecord {
  /** Systems Manager, with every session noted: by its mark until StartSession is answered, by its id until it has ended. */
  readonly ssm: SsmApi
  /** What is known by now, once a session was asked for. Never rejects. */
  note(facts: Pick<TunnelRecord, 'opened' | 'status' | 'log' | 'nameLost'>): Promise<void>
}

export interface RecordedRun extends Pick<TunnelRecord, 'command' | 'target' | 'localPort'> {
  readonly settings: Pick<Settings, 'profile' | 'region'>
}

/**
 * A later run that finds the file of a dead owner can end its sessions, so one that could not be ended stays in it. A file that
 * cannot be written is no reason to stop.
 */
export function recordRun(
  {command, target, localPort, settings}: RecordedRun,
  {
    aws,
    clock,
    state,
  }: Pick<Ports, 'state'> & {readonly aws: Pick<AwsApi, 'ssm' | 'scope'>; readonly clock: Pick<Clock, 'now'>},
  run: Run,
): RunRecord {
  const {ssm} = aws
  let now: TunnelRecord | undefined
  let isThere = false
  let writing = Promise.resolve()

  /** One after another, each as things are by then. */
  const change = (next: TunnelRecord | undefined): Promise<void> => {
    now = next
    return (writing = writing.then(async () => {
      if (!now) return
      try {
        await state.write(now, writeTunnelRecord(now))
        isThere = true
      } catch (error) {
        run.say.debug(`state: not written: ${(error as Error).message}`)
      }
    }))
  }
  const firstRecord = async ({parameters}: StartSessionRequest): Promise<TunnelRecord> => {
    const {profile, region} = settings
    const {host: [host = ''] = [], portNumber: [port] = []} = parameters
    const [endpointUrl, scope] = await Promise.all([ssm.endpointUrl(), aws.scope()])
    return {
      owner: state.self(),
      command,
      target,
      account: {profile, region, partition: partitionOf(region).id, endpointUrl, scope},
      endpoint: {host, port: Number(port)},
      localPort,
      sessions: [],
      asked: [],
      since: clock.now(),
    }
  }

  let isOver = false
  const removeIfDone = async (): Promise<void> => {
    if (!isOver || !now || now.sessions.length + now.asked.length > 0) return
    const last = now
    await change(undefined)
    // A folder that takes no file (no HOME, as under cron) is nothing to complain of at the end.
    if (isThere) await state.remove(last)
  }
  const answered = async (ask: AskedSession, ...granted: readonly RecordedSession[]): Promise<void> => {
    if (!now) return
    const asked = now.asked.filter((one) => one !== ask)
    await change({...now, asked, sessions: [...now.sessions, ...granted]})
    await removeIfDone()
  }
  // Pushed before any session's own: undone after it. One that takes longer than all undoing may is still under way then.
  run.undo.push('state file', 'network', () => {
    isOver = true
    return removeIfDone()
  })
  return {
    ssm: {
      ...ssm,
      async startSession(request, signal, sends) {
        const {target: bastion, reason} = request
        const first = now ?? (await firstRecord(request))
        const mark = newSessionMark()
        const ask = {mark, bastion, at: clock.now()}
        const before = now ?? first
        await change({...before, asked: [...before.asked, ask]})
        const marked = {...request, reason: markedReason(reason, mark)}
        const grant = await ssm.startSession(marked, signal, sends).catch(async (error: unknown) => {
          await answered(ask)
          throw error
        })
        await answered(ask, {id: grant.sessionId, bastion})
        return grant
      },
      async terminateSession(id, signal) {
        await ssm.terminateSession(id, signal)
        if (now) await change({...now, sessions: now.sessions.filter((session) => session.id !== id)})
        await removeIfDone()
      },
    },
    note: async (facts) => now && change({...now, ...facts}),
  }
}
