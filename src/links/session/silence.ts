import type {Bastion} from '../../bastions/bastion.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import {nodeName} from '../../core/grammars.js'
import {durationText} from '../../core/text/amounts.js'

// One for each step that can be silent. The first line of the hint says why that may be.

export function silentGrant(bastion: Bastion, ms: number): DbtunnelError {
  return fail(
    'TIMEOUT',
    `AWS gave no answer to StartSession on bastion ${nodeName(bastion)} within ${durationText(ms)}.`,
    {
      hint: 'Systems Manager may be slow to answer. Try again.',
    },
  )
}

export function silentWebSocket(host: string, bastion: Bastion, ms: number): DbtunnelError {
  const message = `The data channel to bastion ${nodeName(bastion)} did not open: ${host} did not accept the WebSocket within ${durationText(ms)}.`
  return fail('TIMEOUT', message, {
    hint: `A firewall or proxy between here and ${host} (port 443) may hold it up.`,
  })
}

export function silentAgent(bastion: Bastion, ms: number): DbtunnelError {
  const message = `The SSM agent on bastion ${nodeName(bastion)} is silent: the data channel is open, but no handshake came within ${durationText(ms)}.`
  return fail('TIMEOUT', message, {hint: AGENT_ADVICE})
}

const AGENT_ADVICE = [
  'Its disk may be full, or it may not reach the ssmmessages endpoint of its region.',
  'On the bastion: df -h; sudo systemctl restart amazon-ssm-agent',
].join('\n')
