import type {Readable, Writable} from 'node:stream'
import {withDeadline} from '../../core/deadline.js'
import {fail} from '../../core/errors.js'
import type {HostsHelper, ProcessIdentity} from '../../core/ports/hosts.js'

/** To put the terminal's echo back, or to take lines out. */
export const ENDING_MS = 500

const READY = /^ready (\d+) ([a-z0-9-]+)$/

/** What leads to a helper that may still be starting. */
export interface Wire {
  readonly input: Writable
  readonly output: Readable
  /** Resolves when it has ended, or sudo has refused it: to the reason, as far as it is known. */
  readonly ended: Promise<string>
  /** Nothing of ours waits for it any more. */
  abandon(): void
}

/** The helper at the other end, once it is ready. Rejects with HOSTS_UNWRITABLE or with `signal`'s reason. */
export async function helperAt(wire: Wire, waitMs: number, signal: AbortSignal): Promise<HostsHelper> {
  const {ready, ask, ended} = converse(wire)
  const late = (): Error => needsRoot('sudo has not answered.')
  const identity = await withDeadline(ready, waitMs, late, signal)
  return {
    identity,
    ended,
    ask,
    async close() {
      wire.input.end()
      await withDeadline(ended, ENDING_MS, () => new Error('late')).catch(() => {})
      wire.abandon()
    },
  }
}

export function needsRoot(why: string): Error {
  return fail('HOSTS_UNWRITABLE', `Writing the hosts file requires root, and sudo failed: ${why}`, {
    hint: 'Run it in a terminal, so that sudo can ask for your password, or connect without the hosts file: --resolve hostaddr',
  })
}

interface Conversation extends Pick<HostsHelper, 'ask' | 'ended'> {
  readonly ready: Promise<ProcessIdentity>
}

/** Lines out, lines in. */
function converse(wire: Wire): Conversation {
  const waiting: {resolve: (answer: string) => void; reject: (error: Error) => void}[] = []
  let rest = ''
  let isOver = false
  const gone = (): Error => fail('HOSTS_UNWRITABLE', 'The hosts helper stopped unexpectedly.')

  let isReady = (_: ProcessIdentity): void => {}
  let isRefused = (_: Error): void => {}
  const ready = new Promise<ProcessIdentity>((resolve, reject) => ([isReady, isRefused] = [resolve, reject]))
  ready.catch(() => {})

  const ended = wire.ended.then((why) => {
    isOver = true
    isRefused(needsRoot(why.trim().split('\n').at(-1) || 'sudo refused.'))
    for (const {reject} of waiting.splice(0)) reject(gone())
  })

  wire.input.on('error', () => {})
  wire.output.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, pid, started] = READY.exec(line) ?? []
      if (pid !== undefined && started !== undefined) isReady({pid: Number(pid), started})
      else waiting.shift()?.resolve(line)
    }
  })

  return {
    ready,
    ended,
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (isOver) return reject(gone())
        waiting.push({resolve, reject})
        wire.input.write(`${request}\n`)
      }),
  }
}
