import {closeSync, openSync, readFileSync} from 'node:fs'

/** Whether a terminal controls us, whatever our streams are. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/**
 * Whether the terminal's keys are ours: a shell's background job (`&`, `bg`) shares the screen with the program that has them.
 * True where that cannot be known (macOS) or no terminal controls us.
 */
export function isForeground(): boolean {
  try {
    // proc(5): pid (comm) state ppid pgrp session tty_nr tpgid …; comm may hold anything.
    const stat = readFileSync('/proc/self/stat', 'latin1')
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return foreground === '-1' || foreground === group
  } catch {
    return true
  }
}
