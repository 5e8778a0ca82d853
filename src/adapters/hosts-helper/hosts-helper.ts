import {type ChildProcess, spawn, type StdioOptions} from 'node:child_process'
import {existsSync} from 'node:fs'
import {withDeadline} from '../../core/deadline.js'
import type {HostsHelperPort} from '../../core/ports/hosts.js'
import {hasTerminal, isForeground} from '../terminal/foreground.js'
import {ENDING_MS, helperAt, needsRoot, type Wire} from './conversation.js'
import {installedCommand, installedHelper} from './installed.js'
import {rootNodeWords} from './node-words.js'
import {PROGRAM} from './places.js'
import {ruleInForce} from './rule-in-force.js'
import {findSudo} from './sudo.js'

export const hostsHelper: HostsHelperPort = {
  installed: installedHelper,

  ruleInForce,

  canAsk: () => findSudo() !== undefined && hasTerminal() && isForeground(),

  async start({ask, waitMs, signal}) {
    signal.throwIfAborted()
    // What sudo says to the one whom it asks is theirs.
    const child = startBySudo(ask ? [] : ['-n'], [], ['pipe', 'pipe', ask ? 'inherit' : 'pipe'])
    const wire = wireOf(child)
    try {
      return await helperAt(wire, waitMs, signal)
    } catch (error) {
      // Where it has become root already it does not heed us: it ends at the end of its stdin.
      child.stdin?.end()
      child.kill('SIGTERM')
      if (ask) await withDeadline(wire.ended, ENDING_MS, () => new Error('late')).catch(() => {})
      wire.abandon()
      throw error
    }
  },
}

/** Throws HOSTS_UNWRITABLE when there is nothing to start. */
export function startBySudo(options: readonly string[], words: readonly string[], stdio: StdioOptions): ChildProcess {
  const sudo = findSudo()
  if (sudo === undefined) throw needsRoot('there is no sudo.')
  if (!existsSync(PROGRAM)) throw needsRoot(`${PROGRAM} is missing.`)
  const command = installedCommand() ?? [process.execPath, ...rootNodeWords(), PROGRAM]
  // In our process group: elsewhere sudo could neither ask on the terminal nor find that it has asked before.
  return spawn(sudo, [...options, '--', ...command, ...words], {detached: false, cwd: '/', env: {}, stdio})
}

function wireOf(child: ChildProcess): Wire {
  const {stdin, stdout, stderr} = child
  if (!stdin || !stdout) throw new Error('a helper has its streams piped')
  let complaint = ''
  stderr?.setEncoding('utf8').on('data', (text: string) => (complaint = `${complaint}${text}`.slice(-1000)))
  const ended = new Promise<string>((resolve) => {
    child.once('close', () => resolve(complaint))
    // Not started, or a signal that it does not take from us.
    child.on('error', () => child.pid === undefined && resolve(complaint))
  })
  const abandon = (): void => {
    stdin.destroy()
    stdout.destroy()
    stderr?.destroy()
    child.unref()
  }
  return {input: stdin, output: stdout, ended, abandon}
}
