import {fail, isDbtunnelError} from '../../core/errors.js'
import type {BackgroundParent} from '../../core/ports/background.js'

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
