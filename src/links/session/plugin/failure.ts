import type {Bastion} from '../../../bastions/bastion.js'
import {type DbtunnelError, fail} from '../../../core/errors.js'
import {nodeName} from '../../../core/grammars.js'
import type {ProcessEnd} from '../../../core/ports/process.js'
import {durationText} from '../../../core/text/amounts.js'
import {redact} from '../../../core/text/redact.js'
import type {PluginEvent} from './output.js'
import type {LinkEnd} from '../../link.js'

/** How a plugin came to its end: what it said last that means something, its last lines, and its status. */
export interface PluginEnd {
  readonly event: PluginEvent | undefined
  readonly lastLines: readonly string[]
  readonly end: ProcessEnd
}

/** The plugin ended before it listened. PLUGIN_UNUSABLE when the fault is its own and another carrier may do better. */
export function startFailure({event, lastLines, end}: PluginEnd): DbtunnelError {
  if (event?.kind === 'failed') {
    return fail('PLUGIN_UNUSABLE', `The session-manager-plugin failed: ${redact(event.reason)}.`, USE_NATIVE)
  }
  if (event?.kind === 'ended') return serviceEnded('SESSION_FAILED', event.reason)
  return fail('PLUGIN_UNUSABLE', `The session-manager-plugin ended with ${describe(end)} before the tunnel was up.`, {
    hint: said(lastLines, USE_NATIVE.hint),
  })
}

/**
 * It did not listen in time. It hangs without a word when it cannot reach Session Manager, and when no handshake comes
 * from the agent (real plugin 1.2.677).
 */
export function startTimeout(lastLines: readonly string[], bastion: Bastion, ms: number): DbtunnelError {
  const message = `The session-manager-plugin did not open its port within ${durationText(ms)}: no handshake with the SSM agent on bastion ${nodeName(bastion)}.`
  return fail('TIMEOUT', message, {hint: said(lastLines, SILENT_PLUGIN)})
}

const SILENT_PLUGIN = [
  'Either it does not reach Session Manager, or the SSM agent is silent (full disk, no way to the ssmmessages endpoint).',
  'The plugin does not say which; dbtunnel itself does: --engine native',
].join('\n')

/** The plugin ended after the tunnel was up. */
export function loss({event, lastLines, end}: PluginEnd): LinkEnd {
  if (event?.kind === 'ended') return {error: serviceEnded('TUNNEL_LOST', event.reason), byService: true}
  if (event?.kind === 'timed-out') return {error: serviceEnded('TUNNEL_LOST', 'it timed out'), byService: true}
  if (event?.kind === 'failed') {
    return {error: fail('TUNNEL_LOST', `The session-manager-plugin failed: ${redact(event.reason)}.`, USE_NATIVE)}
  }
  return {
    error: fail('TUNNEL_LOST', `The session-manager-plugin ended with ${describe(end)}.`, {
      hint: said(lastLines, 'Run the command again.'),
    }),
  }
}

export const USE_NATIVE = {hint: 'dbtunnel can do without it: --engine native'}

function serviceEnded(code: 'SESSION_FAILED' | 'TUNNEL_LOST', reason: string): DbtunnelError {
  // The agent's words where it takes one connection at a time (real agent 3.0.196).
  const unreachable = /^Unable to connect to specified port/.test(reason)
  const why = reason === '' ? 'without a reason' : redact(reason).replace(/\.$/, '')
  return fail(unreachable ? 'DATABASE_UNREACHABLE' : code, `Session Manager ended the session: ${why}.`, {
    hint: unreachable ? undefined : 'Run the command again.',
  })
}

function describe({code, signal}: ProcessEnd): string {
  return signal === null ? `status ${code}` : `signal ${signal}`
}

function said(lines: readonly string[], advice: string): string {
  return [...lines.slice(-4).map((line) => `It said: ${redact(line)}`), advice].join('\n')
}
