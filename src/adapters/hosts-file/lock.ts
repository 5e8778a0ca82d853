import {accessSync, closeSync, constants, lstatSync, openSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {type DbtunnelError, fail} from '../../core/errors.js'
import type {HostsWait, ProcessIdentity} from '../../core/ports/hosts.js'
import type {ProcessTable} from '../processes/process-identity.js'
import {discard, freshName, type Site} from './site.js'
import {untilTouched} from './until-touched.js'

/** A claim of another container, whose life cannot be looked up, counts for this long. */
const UNKNOWN_COUNTS_MS = 30_000
/** A claim with a second name, in a folder that is open to others, counts for this long. */
const LINKED_COUNTS_MS = 30_000
/** To find out that the one waited for has died: the dead remove nothing. */
const LOOK_AGAIN_MS = 300

const CLAIM = /^(choosing|ticket)\.(\d{1,15})\.(\d+)\.([a-z0-9-]+)\.([0-9a-f]+)$/

/** Who comes first; no two are equal. */
interface Place {
  readonly number: number
  readonly nonce: string
}

interface Ticket extends Place {
  readonly folder: string
  readonly path: string
}

interface Claim extends Place {
  readonly path: string
  readonly kind: string
  readonly owner: ProcessIdentity
}

/**
 * Does `work` alone among all processes, first come first served: Lamport's
 * bakery, with a file for each claim. A process makes and removes no claims
 * but its own, all of which name their owner, and those of dead owners are
 * passed over: so the lock cannot be left dead, and nobody ever has to break
 * it. In a shared folder only claims of users who may write the hosts file
 * count. Each waits for the one right before it, and gives up when the one
 * at the counter does not change for too long. `work` runs without a pause,
 * so that others wait for no more than the disk.
 */
export async function withLock<T>(site: Site, table: ProcessTable, wait: HostsWait, work: () => T): Promise<T> {
  wait.signal?.throwIfAborted()
  const mine = drawTicket(site, table.self())
  try {
    let served: string | undefined
    let sinceMs = 0
    for (;;) {
      const ahead = claimsAhead(site, mine)
      const last = ahead.findLast((claim) => counts(claim, table))
      const first = ahead.find((claim) => counts(claim, table))
      if (!first || !last) return work()
      if (first.path !== served) [served, sinceMs] = [first.path, Date.now()]
      const leftMs = sinceMs + wait.waitMs - Date.now()
      if (leftMs <= 0) throw locked(site, first, wait)
      await untilTouched(last.path, Math.min(leftMs, LOOK_AGAIN_MS), wait.signal)
      wait.signal?.throwIfAborted()
    }
  } finally {
    discard(mine.path)
  }
}

function drawTicket(site: Site, owner: ProcessIdentity): Ticket {
  const folder = lockFolder(site)
  const nonce = freshName()
  const id = `${owner.pid}.${owner.started}.${nonce}`
  const choosing = makeClaim(site, folder, `choosing.0.${id}`)
  try {
    const number = 1 + Math.max(0, ...claimsIn(site, folder).map((claim) => claim.number))
    return {folder, number, nonce, path: makeClaim(site, folder, `ticket.${number}.${id}`)}
  } finally {
    discard(choosing)
  }
}

/**
 * Who goes before us, in order. Those still choosing are looked for first, in
 * a listing of their own: one that is not in it has made its ticket by
 * now, which the second listing shows, or will draw a higher one than ours.
 */
function claimsAhead(site: Site, mine: Ticket): Claim[] {
  const choosing = claimsIn(site, mine.folder).filter((claim) => claim.kind === 'choosing')
  const tickets = claimsIn(site, mine.folder).filter((claim) => claim.kind === 'ticket' && order(claim, mine) < 0)
  return [...tickets.sort(order), ...choosing]
}

function order(one: Place, other: Place): number {
  return one.number - other.number || (one.nonce < other.nonce ? -1 : Number(one.nonce > other.nonce))
}

function counts(claim: Claim, table: ProcessTable): boolean {
  const state = table.state(claim.owner)
  if (state === 'alive' || (state === 'elsewhere' && ageMs(claim) < UNKNOWN_COUNTS_MS)) return true
  discard(claim.path)
  return false
}

function ageMs({path}: Claim): number {
  return Date.now() - (lstatSync(path, {throwIfNoEntry: false})?.mtimeMs ?? 0)
}

/** The claims in a folder; in a shared one, claims of users who could not write the hosts file anyway do not count. */
function claimsIn(site: Site, folder: string): Claim[] {
  return readdirSync(folder).flatMap((name) => {
    if (!name.startsWith(site.prefix)) return []
    const [, kind, number, pid, started, nonce] = CLAIM.exec(name.slice(site.prefix.length)) ?? []
    if (kind === undefined || started === undefined || nonce === undefined) return []
    const path = join(folder, name)
    if (folder !== site.folder && !isWriters(site, path)) return []
    return [{path, kind, number: Number(number), owner: {pid: Number(pid), started}, nonce}]
  })
}

function isWriters(site: Site, path: string): boolean {
  const facts = lstatSync(path, {throwIfNoEntry: false})
  if (!facts?.isFile() || !site.isWriter(facts.uid)) return false
  // Where the system lets them (protected_hardlinks), others give some old file of root's a second name here. A claim to
  // which they have given one is young, and goes on to count: else two would write at once.
  return facts.nlink === 1 || Date.now() - facts.mtimeMs < LINKED_COUNTS_MS
}

function makeClaim(site: Site, folder: string, name: string): string {
  const path = join(folder, site.prefix + name)
  closeSync(openSync(path, 'wx', 0o600))
  return path
}

/** Which of the folders can be written is a fact of the file systems, and thus the same for all. */
function lockFolder(site: Site): string {
  const folder = site.lockFolders.find(isWritable)
  if (folder !== undefined) return folder
  const tried = site.lockFolders.join(' or ')
  throw fail(
    'HOSTS_UNWRITABLE',
    `The hosts file ${site.file} cannot be locked, because dbtunnel cannot write in ${tried}.`,
    {
      hint: 'Fix the permissions, or connect without the hosts file: --resolve hostaddr',
    },
  )
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function locked(site: Site, {owner: {pid}}: Claim, wait: HostsWait): DbtunnelError {
  return fail('HOSTS_LOCKED', `Process ${pid} has kept ${site.file} locked for more than ${wait.waitMs / 1000} s.`, {
    hint: `To see what it is: ps -p ${pid}\nOr connect without the hosts file: --resolve hostaddr`,
  })
}
