import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'
import {PACKAGE_FOLDER} from '../package-folder.js'

/** A process that ends a group of others when this one has gone, however it went. */
export interface Watcher {
  watch(group: number): void
  /** The group has ended: the watcher goes, too. */
  end(): Promise<void>
}

/**
 * Starts it in a session of its own, where no terminal's signal reaches it, and with nothing of our environment. It needs
 * a moment until it runs, but takes up whatever has happened by then. Rejects with spawn's error.
 */
export async function startWatcher(): Promise<Watcher> {
  const file = fileURLToPath(new URL('bin/plugin-watcher.js', PACKAGE_FOLDER))
  const child = spawn(process.execPath, [file], {
    cwd: '/',
    detached: true,
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // Should somebody have ended it.
  child.stdin.on('error', () => {})
  await once(child, 'spawn')
  return {
    watch: (group) => void child.stdin.write(String(group)),
    async end() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
