import {spawnSync} from 'node:child_process'
import {openScreen} from './terminal.js'

/** Shells as people have them on a terminal, each without settings of its own. */
const ARGV = {
  bash: ['--norc', '--noprofile', '-i'],
  zsh: ['-f', '-i'],
  dash: ['-i'],
  // Else it looks for files at each key.
  fish: ['--no-config', '-i', '-C', 'set -g fish_autosuggestion_enabled 0'],
} as const

export type TypedShell = keyof typeof ARGV

/** Those that are here. CI has them all; a machine of a developer's may lack one. */
export const TYPED_SHELLS = (Object.keys(ARGV) as TypedShell[]).filter(
  (shell) => spawnSync(shell, ['-c', 'exit 0']).status === 0,
)

/** A terminal that gathers lines takes so much at once. */
const PIECE_BYTES = 3000

export interface OpenShell {
  /** Types these lines, as a terminal does that pastes them, and waits until the shell has done them all. */
  paste(text: string): Promise<void>
  /** What stands on the terminal. */
  text(): string
  end(): Promise<void>
}

/** A shell on a terminal of its own, which works in `cwd`. */
export async function openShell(
  shell: TypedShell,
  {cwd, env}: {readonly cwd: string; readonly env: Readonly<Record<string, string>>},
): Promise<OpenShell> {
  const screen = openScreen(ARGV[shell], {file: shell, cwd, columns: 200, env: {LANG: 'C.UTF-8', ...env}})
  let marks = 0
  let at = 0
  /** A shell that waits for the end of a quote would not print it. */
  const done = async (): Promise<void> => {
    const mark = ++marks
    screen.type(`printf 'mark-%s-end' ${mark}\r`)
    at = await screen.waitFor(new RegExp(`mark-${mark}-end`), at)
  }
  await done()
  return {
    async paste(text) {
      for (const piece of pieces(text)) {
        screen.type(piece.replaceAll('\n', '\r'))
        await done()
      }
    },
    text: () => screen.plain(),
    async end() {
      screen.pty.kill('SIGKILL')
      await screen.ended
    },
  }
}

function pieces(text: string): readonly string[] {
  const all: string[] = []
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const last = all.at(-1)
    if (last !== undefined && Buffer.byteLength(last + line) < PIECE_BYTES) all[all.length - 1] = `${last}${line}\n`
    else all.push(`${line}\n`)
  }
  return all
}
