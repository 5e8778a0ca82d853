import type {ChildProcess} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {subscribe, unsubscribe} from 'node:diagnostics_channel'
import {setTimeout as sleep} from 'node:timers/promises'
import {withDeadline} from '../../core/deadline.js'
import {fail} from '../../core/errors.js'
import type {Say} from '../../core/run.js'
import type {CredentialProgram} from './profile.js'
import {runProgram} from './translate-error.js'

/** It may have to ask its user, in a browser or for the touch of a key; and be over before the call to AWS that waits. */
const PROGRAM_MS = 40_000

/** After which it is said what is waited for. */
const TOLD_MS = 2000

/** Within which we hear of the signal that has ended the program, too. */
const SETTLE_MS = 100

/** Node tells there of every program that is started. */
const CHANNEL = 'child_process'

/**
 * Waits for credentials of a profile's `credential_process`, says so after two seconds, and ends it when it takes too long:
 * the SDK, which runs it, would wait for ever. It has an empty stdin, for ours is the client's, and the SDK's pipe has no end.
 * Rejects with TIMEOUT.
 */
export async function boundProgram<T>(
  program: CredentialProgram,
  ask: () => Promise<T>,
  say: Pick<Say, 'notice'>,
  limitMs = PROGRAM_MS,
): Promise<T> {
  const started: ChildProcess[] = []
  const isOurs = (child: ChildProcess): boolean => child.spawnargs.includes(program.line)
  const note = (message: unknown): void => {
    const {process: child} = message as {process: ChildProcess}
    started.push(child)
    // It is told of before it has its pipes.
    process.nextTick(() => {
      if (isOurs(child)) child.stdin?.on('error', () => {}).end()
    })
  }
  const end = (): void => {
    for (const child of started) {
      const isOver = child.exitCode !== null || child.signalCode !== null
      if (!isOver && isOurs(child)) endShell(child)
    }
  }
  const waiting = setTimeout(() => {
    say.notice(`Waiting for the credential_process of profile ${program.profile}, ${limitMs / 1000} s at most.`)
  }, TOLD_MS)
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
    clearTimeout(waiting)
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
