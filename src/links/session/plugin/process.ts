import {finished} from 'node:stream/promises'
import {withDeadline} from '../../../core/deadline.js'
import type {ServantProcess} from '../../../core/ports/process.js'
import {type PluginEnd, startFailure} from './failure.js'
import {type PluginEvent, PluginOutput} from './output.js'

/** It needs 2 ms (real plugin 1.2.677), and all undoing together may take 2 s. */
const GRACE_MS = 500
/** For output that is still in the pipe when the program has gone. */
const DRAIN_MS = 200

/** A session-manager-plugin that runs, and what it has told so far. */
export interface PluginProcess {
  /** The port that it listens on. Rejects when the plugin ends before it listens. */
  readonly listening: Promise<number>
  /** Never rejects. */
  readonly ended: Promise<PluginEnd>
  /** How often it said that the agent could not connect to the database. */
  readonly failedDials: () => number
  readonly lastLines: () => readonly string[]
  /** SIGINT, which ends the session at AWS, too; SIGKILL when it does not go. Resolves when it has gone. */
  stop(): Promise<void>
}

export function watchPlugin(servant: ServantProcess): PluginProcess {
  const output = new PluginOutput()
  const complaints = new PluginOutput()
  let decisive: PluginEvent | undefined
  let failedDials = 0
  let listens!: (port: number) => void
  const port = new Promise<number>((resolve) => (listens = resolve))

  const take = (events: readonly PluginEvent[]): void => {
    for (const event of events) {
      if (event.kind === 'listening') listens(event.port)
      else if (event.kind === 'dial-failed') failedDials++
      else decisive = event
    }
  }
  const lastLines = (): readonly string[] => [...output.lastLines, ...complaints.lastLines]

  // Read for as long as it lives, or it would stop at a full pipe.
  servant.stdout.on('data', (bytes: Buffer) => take(output.push(bytes)))
  servant.stderr.on('data', (bytes: Buffer) => complaints.push(bytes))
  const ended = (async (): Promise<PluginEnd> => {
    const end = await servant.ended
    await drain(servant)
    take(output.finish())
    complaints.finish()
    return {event: decisive, lastLines: lastLines(), end}
  })()

  return {
    listening: Promise.race([
      port,
      ended.then((end) => {
        throw startFailure(end)
      }),
    ]),
    ended,
    failedDials: () => failedDials,
    lastLines,
    async stop() {
      servant.kill('SIGINT')
      await withDeadline(servant.ended, GRACE_MS, () => new Error('still there')).catch(() => servant.kill('SIGKILL'))
      await servant.ended
    },
  }
}

/** Something that the plugin started may still hold its pipes: then they are closed by us. */
async function drain({stdout, stderr}: ServantProcess): Promise<void> {
  const read = Promise.allSettled([finished(stdout), finished(stderr)])
  await withDeadline(read, DRAIN_MS, () => new Error('still open')).catch(() => {})
  stdout.destroy()
  stderr.destroy()
}
