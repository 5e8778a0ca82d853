import {countText, bytesText, durationText} from '../core/text/amounts.js'
import type {OpenedTunnel, TunnelState, TunnelStatus} from '../core/results/opened-tunnel.js'
import {printable} from '../core/text/printable.js'
import {shellLine} from '../core/text/shell-line.js'

/**
 * Variables that libpq would prefer to what is exported: a password, a service that leads elsewhere; and what the lines of
 * another tunnel may have left.
 */
const IN_THE_WAY = ['PGPASSWORD', 'PGSERVICE', 'PGOPTIONS']

/** What is open, as comments, and the lines to paste: as a whole, a script that a shell can read. */
export function openedText(tunnel: OpenedTunnel): string {
  const {target, endpoint, localPort, bastion, session, env} = tunnel
  const facts = [
    ['target', target],
    ['endpoint', `${endpoint.host}:${endpoint.port}`],
    ['local port', `127.0.0.1:${localPort}`],
    ['bastion', `${bastion.name ?? ''} ${bastion.id}`.trim()],
    ['session', session],
  ] as const
  return [
    ...facts.map(([name, value]) => `# ${name.padEnd(10)}  ${printable(value)}`),
    `unset ${IN_THE_WAY.join(' ')}`,
    ...Object.entries(env).map(([name, value]) => `export ${name}=${shellLine([value])}`),
    '',
  ].join('\n')
}

/** One object on one line. */
export function openedJson(tunnel: OpenedTunnel): string {
  return `${JSON.stringify(tunnel)}\n`
}

const STATES: Readonly<Record<TunnelState, string>> = {
  up: '',
  replacing: 'getting another session',
  asleep: 'asleep',
  'waiting-for-credentials': 'waiting for credentials',
}

/** One line of fewer than `columns` characters: the fullest of several wordings that fits. */
export function useText(use: TunnelStatus, columns: number): string {
  const target = printable(use.target)
  const age = durationText(use.ageMs)
  const bytes = `${bytesText(use.bytesUp)} up, ${bytesText(use.bytesDown)} down`
  const connections = countText(use.open, 'connection')
  const state = use.state === 'up' ? '' : `${STATES[use.state]}, `
  const what = `${target} on port ${use.localPort}: ${state}${connections}, ${bytes}, ${age}`
  const wordings = [
    `${what}. Ctrl-C ends it.`,
    what,
    `${target}: ${state}${connections}, ${bytes}, ${age}`,
    `${state}${connections}, ${bytes}, ${age}`,
    `${state}${use.open} open, ${bytes}, ${age}`,
  ]
  // The first column is the cursor's.
  const room = Math.max(columns - 2, 0)
  const fitting = wordings.find((wording) => wording.length <= room) ?? wordings.at(-1) ?? ''
  return ` ${fitting.slice(0, room)}`
}
