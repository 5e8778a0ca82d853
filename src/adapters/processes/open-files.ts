import {readFileSync} from 'node:fs'

/** As macOS and others have it at the least, once Node has raised it as far as it may. */
const USUAL_MOST = 1024

/** How many files and sockets this process may have open at a time. */
export function mostOpenFiles(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? USUAL_MOST : Number(soft)
  } catch {
    return USUAL_MOST
  }
}
