import {bytesText, durationText} from '../core/text/amounts.js'
import {printable, printableLines} from '../core/text/printable.js'
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
  {title: 'TARGET', text: ({target}) => target},
  {title: 'PORT', text: ({localPort}) => String(localPort)},
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
    tunnels.length > 0 ? table(tunnels, COLUMNS, columns).map(printable) : [],
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
  const {target, localPort, endpoint, login, bastion, session, why, log, owner, profile, region} = tunnel
  const facts = [
    ['endpoint', `${endpoint.host}:${endpoint.port}`],
    ['login', login && `${login.user}, database ${login.database}${login.readOnly ? ', read-only' : ''}`],
    ['bastion', `${bastion?.name ?? ''} ${bastion?.id ?? NOTHING}`.trim()],
    ['session', session ?? NOTHING],
    ['account', profile === undefined ? region : `${region}, profile ${profile}`],
    [
      'owner',
      owner.process === 'alive' ? undefined : `process ${owner.pid}, on another machine or in another container`,
    ],
    ['why', why],
    ['log', log],
  ] as const
  return [
    `${printable(target)} on port ${localPort}:`,
    ...facts.flatMap(([name, fact]) => (fact === undefined ? [] : [`  ${name.padEnd(8)}  ${printable(fact)}`])),
  ]
}

function leftoverLines({target, sessions, asked, pid, why, profile}: Leftover): readonly string[] {
  const what = [...sessions, ...asked.map((mark) => `perhaps the session with ${mark} in its reason`)]
  const account = profile === undefined ? '' : ` (profile ${profile})`
  return [
    `Left by process ${pid}, which was killed: ${printable(target)}${printable(account)}, ${what.join(', ') || 'no session'}`,
    `  ${why === undefined ? 'The next psql, exec or open ends it; or: dbtunnel close --all' : printableLines(`Not ended yet: ${why}`)}`,
  ]
}
