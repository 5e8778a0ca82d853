import type {Duplex} from 'node:stream'
import type {BackgroundParent} from '../../core/ports/background.js'
import type {HostsHelperPort} from '../../core/ports/hosts.js'
import {hostsHelper, startBySudo} from './hosts-helper.js'
import {helperAt} from './conversation.js'

/**
 * Has sudo ask on our terminal, and start the helper at `line`, in a session of its own: it outlives us and the terminal,
 * and ends with the other end of `line`. Resolves when sudo has ended, which it is told to at `signal`. The person at that
 * other end sees it closed when sudo has refused.
 */
export async function startApart(line: Duplex, signal: AbortSignal): Promise<void> {
  try {
    const child = startBySudo([], ['apart'], [line, line, 'inherit'])
    const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve))
    const stop = (): void => void child.kill('SIGTERM')
    signal.addEventListener('abort', stop)
    line.destroy()
    await ended
    signal.removeEventListener('abort', stop)
  } catch {
    // There is no sudo.
    line.destroy()
  }
}

/** For a background process, which has no terminal: sudo asks on its parent's. */
export function helperByParent(parent: BackgroundParent): HostsHelperPort {
  return {
    ...hostsHelper,
    canAsk: () => parent.canAsk,
    async start({ask, waitMs, signal}) {
      if (!ask) return hostsHelper.start({ask, waitMs, signal})
      const line = parent.askForHelper()
      const ended = new Promise<string>((resolve) => line.once('close', () => resolve('')))
      const abandon = (): void => void line.destroy()
      try {
        return await helperAt({input: line, output: line, ended, abandon}, waitMs, signal)
      } catch (error) {
        abandon()
        throw error
      }
    },
  }
}
