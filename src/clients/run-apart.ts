import {acquire} from '../core/acquire.js'
import {withDeadline} from '../core/deadline.js'
import {hasCode} from '../core/errors.js'
import type {OutputFiles} from '../core/ports/output.js'
import type {Ports} from '../core/ports/ports.js'
import type {ApartProcess, ProcessSpec} from '../core/ports/process.js'
import type {Run} from '../core/run.js'

/** Within the undo budget. */
const GRACE_MS = 1000

/** Starts a program without a terminal, whose output goes to `files` or is read here. The end of the run ends it, too. */
export async function startApart(
  spec: ProcessSpec,
  files: OutputFiles | undefined,
  {process}: Pick<Ports, 'process'>,
  run: Run,
): Promise<ApartProcess> {
  run.signal.throwIfAborted()
  return acquire(run.undo, {
    title: 'program',
    take: () => process.spawnApart(spec, files),
    async giveBack(client) {
      // No terminal tells it.
      client.kill(hasCode(run.signal.reason, 'INTERRUPTED') ? 'SIGINT' : 'SIGTERM')
      await withDeadline(client.ended, GRACE_MS, () => new Error('late')).catch(() => client.kill('SIGKILL'))
    },
  })
}
