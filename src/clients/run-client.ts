import {constants} from 'node:os'
import {acquire} from '../core/acquire.js'
import {withDeadline} from '../core/deadline.js'
import type {Ports} from '../core/ports/ports.js'
import type {ClientProcess, ProcessEnd, ProcessSpec} from '../core/ports/process.js'
import type {Run} from '../core/run.js'
import {ONE_PRESS_MS} from '../core/supervise.js'

/** How long a client may take to end when it is asked to, before it is killed. Within the undo budget. */
const GRACE_MS = 1000

export interface ClientRequest {
  readonly spec: ProcessSpec
  /** `keys`: Ctrl-C and Ctrl-\ alone; `all`: SIGTERM and SIGHUP, too, and the client ends as it sees fit. */
  readonly signals: 'keys' | 'all'
}

/**
 * Runs a client on our own terminal until it ends. What the keyboard sends is the client's: the terminal sends it
 * to it directly, and without a terminal it is passed on. Any other ending of the run ends the client, too; where `all`
 * signals are the client's, that takes a second one.
 */
export async function runClient(
  {spec, signals}: ClientRequest,
  ports: Pick<Ports, 'process' | 'hasTerminal'>,
  run: Run,
): Promise<ProcessEnd> {
  run.signal.throwIfAborted()
  const client = await acquire(run.undo, {
    title: 'client',
    take: () => ports.process.spawnClient(spec),
    async giveBack(started) {
      started.kill(isHangup(run.signal.reason) ? 'SIGHUP' : 'SIGTERM')
      await withDeadline(started.ended, GRACE_MS, () => new Error('late')).catch(() => started.kill('SIGKILL'))
    },
  })
  const restore = run.divert(['SIGINT', 'SIGQUIT'], (signal) => {
    if (!ports.hasTerminal) client.kill(signal)
  })
  const restoreEndings = signals === 'all' ? passOnOnce(client, run) : () => {}
  try {
    return await client.ended
  } finally {
    restore()
    restoreEndings()
  }
}

/** Who ends a whole group (timeout, systemd) may send a signal to us twice at a time: that is one. */
function passOnOnce(client: ClientProcess, run: Run): () => void {
  let isPassedOn = false
  const restore = run.divert(['SIGTERM', 'SIGHUP'], (signal) => {
    if (!isPassedOn) client.kill(signal)
    isPassedOn = true
    setTimeout(restore, ONE_PRESS_MS).unref()
  })
  return restore
}

/** As a shell would give it: 128 + n when a signal ended the client. */
export function exitStatus({code, signal}: ProcessEnd): number {
  return code ?? 128 + (signal ? constants.signals[signal] : 0)
}

function isHangup(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && 'code' in reason && reason.code === 'HANGUP'
}
