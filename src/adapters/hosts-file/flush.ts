import {execFile} from 'node:child_process'

const DARWIN: readonly (readonly [string, ...string[]])[] = [
  ['/usr/bin/dscacheutil', '-flushcache'],
  ['/usr/bin/killall', '-HUP', 'mDNSResponder'],
]

/** What has the system's resolver read a changed hosts file: only macOS's keeps what it found before. */
export function flushCommands(platform: NodeJS.Platform): readonly (readonly [string, ...string[]])[] {
  return platform === 'darwin' ? DARWIN : []
}

/** Resolves when that is done, or soon: a name that is found a little later is no failure. */
export async function flushResolver(platform: NodeJS.Platform = process.platform): Promise<void> {
  const run = ([file, ...argv]: readonly [string, ...string[]]): Promise<void> =>
    new Promise((resolve) => void execFile(file, argv, {env: {}, timeout: 1000}, () => resolve()))
  await Promise.all(flushCommands(platform).map(run))
}
