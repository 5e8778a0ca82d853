import {type ChildProcess, spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {withDeadline} from '../core/deadline.js'
import {fail} from '../core/errors.js'
import type {HostsHelper, HostsHelperPort, ProcessIdentity} from '../core/ports/hosts.js'
import {hasTerminal, isForeground} from './foreground.js'
import {installedHelper} from './hosts-helper/installed.js'
import {HELPER, PROGRAM} from './hosts-helper/places.js'
import {findSudo} from './hosts-helper/sudo.js'

/** To put the terminal's echo back, or to take lines out. */
const ENDING_MS = 500

const READY = /^ready (\d+) ([a-z0-9-]+)$/

export const hostsHelper: HostsHelperPort = {
  installed: installedHelper,

  canAsk: () => findSudo() !== undefined && hasTerminal() && isForeground(),

  async start({ask, waitMs, signal}) {
    signal.throwIfAborted()
    const sudo = findSudo()
    if (sudo === undefined) throw needsRoot('there is no sudo.')
    if (!existsSync(PROGRAM)) throw needsRoot(`${PROGRAM} is missing.`)
    const command = installedHelper().state === 'usable' ? [HELPER] : [process.execPath, PROGRAM]
    const child = spawn(sudo, [...(ask ? [] : ['-n']), '--', ...command], {
      // In our process group: elsewhere sudo could neither ask on the terminal nor find that it has asked before.
      detached: false,
      cwd: '/',
      env: {},
      // What sudo says to the one whom it asks is theirs.
      stdio: ['pipe', 'pipe', ask ? 'inherit' : 'pipe'],
    })
    const talk = converse(child)
    try {
      const late = (): Error => needsRoot('sudo has not answered.')
      const identity = await withDeadline(talk.ready, waitMs, late, signal)
      return {
        identity,
        ended: talk.ended,
        ask: talk.ask,
        async close() {
          child.stdin?.end()
          await withDeadline(talk.ended, ENDING_MS, () => new Error('late')).catch(() => {})
          abandon(child)
        },
      }
    } catch (error) {
      // Where it has become root already it does not heed us: it ends at the end of its stdin.
      child.stdin?.end()
      child.kill('SIGTERM')
      if (ask) await withDeadline(talk.ended, ENDING_MS, () => new Error('late')).catch(() => {})
      abandon(child)
      throw error
    }
  },
}

interface Conversation extends Pick<HostsHelper, 'ask' | 'ended'> {
  readonly ready: Promise<ProcessIdentity>
}

/** Lines out, lines in. */
function converse(child: ChildProcess): Conversation {
  const waiting: {resolve: (answer: string) => void; reject: (error: Error) => void}[] = []
  let complaint = ''
  let rest = ''
  let isOver = false
  const gone = (): Error => fail('HOSTS_UNWRITABLE', 'The hosts helper has ended.')

  let isReady = (_: ProcessIdentity): void => {}
  let isRefused = (_: Error): void => {}
  const ready = new Promise<ProcessIdentity>((resolve, reject) => ([isReady, isRefused] = [resolve, reject]))
  ready.catch(() => {})

  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      isOver = true
      isRefused(needsRoot(complaint.trim().split('\n').at(-1) ?? 'sudo refused.'))
      for (const {reject} of waiting.splice(0)) reject(gone())
      resolve()
    }
    child.once('close', end)
    // Not started, or a signal that it does not take from us.
    child.on('error', () => child.pid === undefined && end())
  })

  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint = `${complaint}${text}`.slice(-1000)))
  child.stdin?.on('error', () => {})
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, pid, started] = READY.exec(line) ?? []
      if (pid !== undefined && started !== undefined) isReady({pid: Number(pid), started})
      else waiting.shift()?.resolve(line)
    }
  })

  return {
    ready,
    ended,
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (isOver) return reject(gone())
        waiting.push({resolve, reject})
        child.stdin?.write(`${request}\n`)
      }),
  }
}

/** Nothing of ours waits for it any more. */
function abandon(child: ChildProcess): void {
  child.stdin?.destroy()
  child.stdout?.destroy()
  child.stderr?.destroy()
  child.unref()
}

function needsRoot(why: string): Error {
  return fail('HOSTS_UNWRITABLE', `The hosts file needs root, and sudo did not give it: ${why}`, {
    hint: 'Run it on a terminal, where sudo can ask, or connect without the hosts file: --resolve hostaddr',
  })
}
