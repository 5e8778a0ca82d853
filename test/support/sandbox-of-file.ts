import {afterAll, beforeAll} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {watchFor} from './leftovers.js'

/** Gives all tests of a file one sandbox; after them nothing may be left of what ran on it. */
export function sandboxOfFile(take: (sandbox: Sandbox) => void): void {
  let close = async (): Promise<void> => {}
  beforeAll(async () => {
    const sandbox = await startSandbox()
    const watch = watchFor(sandbox, {})
    close = async () => {
      await watch.expectNothingLeft()
      await sandbox.close()
    }
    take(sandbox)
  })
  afterAll(() => close())
}
