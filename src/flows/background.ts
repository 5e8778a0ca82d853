import {fail, isDbtunnelError} from '../core/errors.js'
import type {OpenedTunnel} from '../core/opened-tunnel.js'
import type {BackgroundParent, BackgroundPort} from '../core/ports/background.js'
import {supervise, type SupervisePorts} from './supervise.js'

/**
 * Starts this command once more in the background, and waits until its tunnel is ready. Rejects with what that one rejects
 * with, or INTERNAL when it ends without a word.
 */
export async function detach(
  name: string,
  ports: SupervisePorts & {readonly background: BackgroundPort},
  ready: (tunnel: OpenedTunnel) => void,
): Promise<void> {
  await supervise(ports, async (run) => {
    let isReady = false
    let asking: Promise<void> | undefined
    const over = new AbortController()
    const starting = ports.background.start(name)
    run.undo.push('background process', 'local', async () => {
      over.abort()
      await asking
      const child = await starting.catch(() => undefined)
      if (!child || isReady) return
      child.stop()
      await child.ended
      await child.removeLog()
    })
    const child = await starting
    for await (const news of child.news) {
      if (news.kind === 'notice') run.say.notice(news.line)
      else if (news.kind === 'ask') asking = child.startHelper(over.signal)
      else if (news.kind === 'failed') throw fail(news.code, news.message, {hint: news.hint})
      else {
        isReady = news.isHere
        if (isReady) {
          child.release()
          run.say.notice(`It stays open in the background (process ${child.pid}), and says there how it fares:`)
          run.say.notice(`  ${child.log}\nTo end it:\n  dbtunnel close ${name}`)
        }
        ready(news.tunnel)
        return
      }
    }
    throw fail('INTERNAL', 'The background process has ended without a word.', {hint: `Look into ${child.log}`})
  })
}

/** In the background process: lets the other one know how the work fails, as long as it waits. */
export async function withParent<T>(parent: BackgroundParent | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const {code, message, hint} = isDbtunnelError(error) ? error : fail('INTERNAL', (error as Error).message)
    parent?.tell({kind: 'failed', code, message, hint})
    throw error
  }
}
