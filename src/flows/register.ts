import type {Settings} from '../config/settings.js'
import {partitionOf} from '../core/names.js'
import type {AwsApi, SsmApi, StartSessionRequest} from '../core/ports/aws.js'
import type {Clock} from '../core/ports/clock.js'
import type {StatePort} from '../core/ports/state.js'
import type {Run} from '../core/run.js'
import {type TunnelRecord, writeTunnelRecord} from '../core/tunnel-record.js'

/** This run's state file: there as soon as AWS has granted a session, gone when all of them have ended. */
export interface Register {
  /** Systems Manager, with every session noted from the answer of StartSession until it has ended. */
  readonly ssm: SsmApi
}

export interface Registered extends Pick<TunnelRecord, 'command' | 'target' | 'localPort'> {
  readonly settings: Pick<Settings, 'profile' | 'region'>
}

export interface RegisterPorts {
  readonly aws: Pick<AwsApi, 'ssm'>
  readonly clock: Pick<Clock, 'now'>
  readonly state: StatePort
}

/**
 * Whoever finds the file of a dead owner can end its sessions, so one that could not be ended stays in it. A file that
 * cannot be written is no reason to stop.
 */
export function openRegister(
  {command, target, localPort, settings}: Registered,
  {aws: {ssm}, clock, state}: RegisterPorts,
  run: Run,
): Register {
  let now: TunnelRecord | undefined
  let writing = Promise.resolve()

  /** One after another, each as things are by then. */
  const change = (next: TunnelRecord | undefined): Promise<void> => {
    now = next
    return (writing = writing.then(async () => {
      if (!now) return
      await state
        .write(now.owner, writeTunnelRecord(now))
        .catch((error: unknown) => run.say.debug(`state: not written: ${(error as Error).message}`))
    }))
  }
  const firstSession = async ({parameters}: StartSessionRequest): Promise<TunnelRecord> => {
    const {profile, region} = settings
    const {host: [host = ''] = [], portNumber: [port] = []} = parameters
    return {
      owner: state.self(),
      command,
      target,
      account: {profile, region, partition: partitionOf(region), endpointUrl: await ssm.endpointUrl()},
      endpoint: {host, port: Number(port)},
      localPort,
      sessions: [],
      since: clock.now(),
    }
  }

  // Pushed before any session's own: undone after it.
  run.undo.push('state file', 'network', async () => {
    if (!now || now.sessions.length > 0) return
    const {owner} = now
    await change(undefined)
    await state.remove(owner)
  })
  return {
    ssm: {
      ...ssm,
      async startSession(request, signal) {
        const grant = await ssm.startSession(request, signal)
        const session = {id: grant.sessionId, bastion: request.target}
        const before = now ?? (await firstSession(request))
        await change({...before, sessions: [...before.sessions, session]})
        return grant
      },
      async terminateSession(id, signal) {
        await ssm.terminateSession(id, signal)
        if (now) await change({...now, sessions: now.sessions.filter((session) => session.id !== id)})
      },
    },
  }
}
