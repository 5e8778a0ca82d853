import type {Ports} from '../core/ports/ports.js'
import type {Leftover, ListedTunnel, TunnelListing} from '../core/results/tunnel-listing.js'
import type {TunnelRecord} from '../core/results/tunnel-record.js'
import {tellOfUnusable} from '../core/text/unusable-helper.js'
import {meantBy, notOpen, readRecords} from '../tunnel/registry/read-records.js'

/** What is open on this machine, by this user's runs. AWS is not asked. Rejects with NOT_OPEN for a word that nothing open has. */
export async function status(
  word: string | undefined,
  {state, clock, hostsHelper, say}: Pick<Ports, 'state' | 'clock' | 'hostsHelper' | 'say'>,
): Promise<TunnelListing> {
  tellOfUnusable(hostsHelper.installed(), say)
  const {records, strange} = await readRecords(state)
  const meant = meantBy(word, records)
  if (word !== undefined && meant.length === 0) throw notOpen(word, records)
  return {
    tunnels: meant.flatMap(({record, process}) => (process === 'dead' ? [] : [listed(record, process, clock.now())])),
    leftovers: meant.flatMap(({record, process}) => (process === 'dead' ? [leftover(record)] : [])),
    strange: strange.map(({problem}) => problem),
  }
}

function listed(record: TunnelRecord, process: 'alive' | 'elsewhere', now: number): ListedTunnel {
  const {target, command, endpoint, localPort, account, sessions, since, opened, status, log, owner, nameLost} = record
  const last = sessions.at(-1)
  return {
    target,
    command,
    endpoint,
    localPort,
    region: account.region,
    profile: account.profile,
    bastion: status?.bastion ?? (last && {id: last.bastion}),
    session: status?.session ?? last?.id,
    autoLogin: opened?.autoLogin && {socket: opened.autoLogin.socket, tcp: opened.autoLogin.port !== undefined},
    login: opened && {user: opened.user, database: opened.database, readOnly: opened.readOnly},
    openSince: new Date(since).toISOString(),
    ageMs: now - since,
    health: status?.state ?? (command === 'open' ? 'starting' : 'unknown'),
    why: status?.why,
    nameLost,
    owner: {pid: owner.pid, process},
    connections: status?.open,
    bytesUp: status?.bytesUp,
    bytesDown: status?.bytesDown,
    log,
  }
}

function leftover({target, sessions, asked, account, owner, failure}: TunnelRecord): Leftover {
  const {region, profile} = account
  return {
    target,
    sessions: sessions.map(({id}) => id),
    asked: asked.map(({mark}) => mark),
    region,
    profile,
    pid: owner.pid,
    why: failure?.message,
  }
}
