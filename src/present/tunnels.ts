import {bytesText, durationText} from '../core/text/amounts.js'
import {bastionText} from '../core/grammars.js'
import {printable, printableLines} from '../core/text/printable.js'
import {shownName} from '../core/text/shell-line.js'
import type {Leftover, ListedTunnel, TunnelListing} from '../core/results/tunnel-listing.js'
import {type Column, table} from './table.js'

const NOTHING = '-'
const HEALTH: Readonly<Record<ListedTunnel['health'], string>> = {
  up: 'up',
  starting: 'starting',
  replacing: 'replacing',
  asleep: 'asleep',
  'waiting-for-credentials': 'waiting for credentials',
  unknown: NOTHING,
}

const COLUMNS: readonly Column<ListedTunnel>[] = [
  {title: 'TARGET', text: ({target}) => shownName(target)},
  {title: 'PORT', text: ({localPort, autoLogin}) => (isSocketAlone(autoLogin) ? 'socket' : String(localPort))},
  {
    title: 'HEALTH',
    gives: 1,
    text: ({health}) => HEALTH[health],
    short: ({health}) => (health === 'waiting-for-credentials' ? 'waiting' : HEALTH[health]),
  },
  {title: 'AGE', text: ({ageMs}) => durationText(ageMs)},
  {title: 'CONN', text: ({connections}) => (connections === undefined ? NOTHING : String(connections))},
  {title: 'UP', text: ({bytesUp}) => (bytesUp === undefined ? NOTHING : bytesText(bytesUp))},
  {title: 'DOWN', text: ({bytesDown}) => (bytesDown === undefined ? NOTHING : bytesText(bytesDown))},
  {title: 'BY', text: ({command, owner}) => `${command} ${owner.pid}`},
]

/** A table, and below it what does not fit into one: for each tunnel where it leads, and by what. */
export function tunnelsText({tunnels, leftovers, strange}: TunnelListing, columns: number | undefined): string {
  const blocks = [
    tunnels.length > 0 ? table(tunnels, COLUMNS, columns) : [],
    ...tunnels.map(details),
    ...leftovers.map(leftoverLines),
    strange.map((problem) => `Ignored: ${printable(problem)}`),
  ]
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

function details(tunnel: ListedTunnel): readonly string[] {
  const {target, localPort, endpoint, autoLogin, login, bastion, session, why, nameLost, log, owner, profile, region} =
    tunnel
  const facts = [
    ['endpoint', `${endpoint.host}:${endpoint.port}`],
    ['socket', autoLogin && shownName(autoLogin.socket)],
    [
      'mode',
      autoLogin &&
        `auto-login: logs in each connection${autoLogin.tcp ? ', over TCP with the local password,' : ''} as you`,
    ],
    ['login', login && loginText(login)],
    ['bastion', bastion ? bastionText(bastion) : NOTHING],
    ['session', shownName(session ?? NOTHING)],
    ['region', profile === undefined ? region : `${region}, profile ${shownName(profile)}`],
    [
      'owner',
      owner.process === 'alive' ? undefined : `process ${owner.pid}, on another machine or in another container`,
    ],
    ['why', why],
    ['name', nameLost],
    ['log', log && shownName(log)],
  ] as const
  return [
    isSocketAlone(autoLogin) ? `${shownName(target)} at a socket:` : `${shownName(target)} on port ${localPort}:`,
    ...facts.flatMap(([name, fact]) => (fact === undefined ? [] : [`  ${name.padEnd(8)}  ${printable(fact)}`])),
  ]
}

function isSocketAlone(autoLogin: ListedTunnel['autoLogin']): boolean {
  return autoLogin !== undefined && !autoLogin.tcp
}

function loginText({user, database, readOnly}: NonNullable<ListedTunnel['login']>): string {
  return `${shownName(user)}, database ${shownName(database)}${readOnly ? ', read-only' : ''}`
}

function leftoverLines({target, sessions, asked, pid, why, profile}: Leftover): readonly string[] {
  const what = [...sessions, ...asked.map((mark) => `perhaps the session with ${mark} in its reason`)]
  const account = profile === undefined ? '' : `, profile ${shownName(profile)}`
  return [
    `Left by process ${pid}, which has ended: ${shownName(target)}${account}, ${what.join(', ') || 'no session'}`,
    `  ${why === undefined ? 'The next psql, exec or open ends it; or: dbtunnel close --all' : printableLines(`Not ended yet: ${why}`)}`,
  ]
}
