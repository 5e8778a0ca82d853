import {countText, bytesText, durationText} from '../core/text/amounts.js'
import type {OpenedTunnel, TunnelState, TunnelStatus} from '../core/results/opened-tunnel.js'
import {printable} from '../core/text/printable.js'
import {bastionText} from '../core/grammars.js'
import {shownName} from '../core/text/shell-line.js'
import {type Shell, variableLines} from '../core/text/shell-variables.js'

/** Lines to paste, or for `eval`: nothing else is in them, and a value is never more than a value there. */
export function openedLines({unset = [], env}: OpenedTunnel, shell: Shell = 'sh'): string {
  return variableLines(shell, unset, env)
    .map((line) => `${line}\n`)
    .join('')
}

/** What is open, for people. A name that others have chosen stands there as a shell would have to be given it. */
export function openedFacts({target, endpoint, localPort, bastion, session, user, autoLogin}: OpenedTunnel): string {
  const facts = [
    ['target', shownName(target)],
    ['endpoint', `${endpoint.host}:${endpoint.port}`],
    ...(autoLogin
      ? [
          ['socket', shownName(autoLogin.socket)],
          ...(autoLogin.port === undefined
            ? []
            : [['local port', `127.0.0.1:${autoLogin.port}, with the local password`]]),
          ['auto-login', `each connection here is logged in as ${shownName(user)}`],
        ]
      : [['local port', `127.0.0.1:${localPort}`]]),
    ['bastion', bastionText(bastion)],
    ['session', shownName(session)],
  ]
  return facts.map(([name = '', fact]) => `  ${name.padEnd(10)}  ${fact}`).join('\n')
}

/** One object on one line. */
export function openedJson({unset: _, ...tunnel}: OpenedTunnel): string {
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
