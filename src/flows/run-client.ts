import {constants} from 'node:os'
import {withDeadline} from '../core/deadline.js'
import type {ProcessEnd, ProcessPort, ProcessSpec} from '../core/ports/process.js'
import type {Run} from '../core/run.js'

/** How long a client may take to end when it is asked to, before it is killed. Within the undo budget. */
const GRACE_MS = 1000

/**
 * Runs a client on our own terminal until it ends. Ctrl-C and Ctrl-\ are the client's: the terminal sends them
 * to it directly, and without a terminal they are passed on. Any other ending
 * of the run ends the client, too.
 */
export async function runClient(
  spec: ProcessSpec,
  ports: {process: Pick<ProcessPort, 'spawnClient'>; hasTerminal: boolean},
  run: Run,
): Promise<ProcessEnd> {
  run.signal.throwIfAborted()
  run.undo.push('client', 'local', async () => {
    const client = await starting.catch(() => undefined)
    if (!client) return
    client.kill(isHangup(run.signal.reason) ? 'SIGHUP' : 'SIGTERM')
    await withDeadline(client.ended, GRACE_MS, () => new Error('late')).catch(() => client.kill('SIGKILL'))
  })
  const starting = ports.process.spawnClient(spec)
  const client = await starting
  const restore = run.divert(['SIGINT', 'SIGQUIT'], (signal) => {
    if (!ports.hasTerminal) client.kill(signal)
  })
  try {
    return await client.ended
  } finally {
    restore()
  }
}

/** As a shell would give it: 128 + n when a signal ended the client. */
export function statusOf({code, signal}: ProcessEnd): number {
  return code ?? 128 + (signal ? constants.signals[signal] : 0)
}

function isHangup(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && 'code' in reason && reason.code === 'HANGUP'
}
