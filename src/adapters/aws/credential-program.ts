import type {ChildProcess} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {subscribe, unsubscribe} from 'node:diagnostics_channel'
import {setTimeout as sleep} from 'node:timers/promises'
import {withDeadline} from '../../core/deadline.js'
import {fail} from '../../core/errors.js'
import type {CredentialProgram} from './profile.js'
import {runProgram} from './translate-error.js'

/** It may have to ask its user, in a browser or for the touch of a key; and be over before the call to AWS that waits. */
const PROGRAM_MS = 40_000

/** Within which we hear of the signal that has ended the program, too. */
const SETTLE_MS = 100

/** Node tells there of every program that is started. */
const CHANNEL = 'child_process'

/**
 * Waits for credentials of a profile's `credential_process`, and ends that when it takes too long: the SDK, which runs it,
 * would wait for ever. Rejects with TIMEOUT.
 */
export async function boundProgram<T>(
  program: CredentialProgram,
  ask: () => Promise<T>,
  limitMs = PROGRAM_MS,
): Promise<T> {
  const started: ChildProcess[] = []
  const note = (message: unknown): void => void started.push((message as {process: ChildProcess}).process)
  const end = (): void => {
    for (const child of started) {
      const isOver = child.exitCode !== null || child.signalCode !== null
      if (!isOver && child.spawnargs.includes(program.line)) endShell(child)
    }
  }
  subscribe(CHANNEL, note)
  // Whatever ends us meanwhile.
  process.on('exit', end)
  const late = (): Error =>
    fail(
      'TIMEOUT',
      `The credential_process of profile ${program.profile} returned nothing within ${limitMs / 1000} s.`,
      {
        hint: runProgram(program),
      },
    )
  try {
    return await withDeadline(ask(), limitMs, late)
  } catch (error) {
    // Ctrl-C is for every program on the terminal: then this is no failure of credentials.
    if (started.some(({signalCode, exitCode}) => signalCode !== null || Number(exitCode) > 128)) await sleep(SETTLE_MS)
    throw error
  } finally {
    unsubscribe(CHANNEL, note)
    process.off('exit', end)
    end()
  }
}

/** The SDK has a shell run it. Linux's has it for a child; macOS's becomes the program itself. */
function endShell(shell: ChildProcess): void {
  for (const pid of childrenOf(shell.pid)) {
    try {
      process.kill(pid)
    } catch {
      // Gone in this very moment.
    }
  }
  shell.kill()
}

function childrenOf(pid: number | undefined): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
