import {accessSync, closeSync, constants, lstatSync, openSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {type DbtunnelError, fail} from '../../core/errors.js'
import type {HostsWait, ProcessIdentity} from '../../core/ports/hosts.js'
import type {ProcessTable} from '../process-identity.js'
import {discard, freshName, type Site} from './site.js'

/** A claim of another container, whose life cannot be looked up, counts for this long. */
const UNKNOWN_COUNTS_MS = 30_000
const SHORTEST_PAUSE_MS = 2
const LONGEST_PAUSE_MS = 32

const CLAIM = /^claim\.(\d+)\.([a-z0-9-]+)\.[0-9a-f]+$/

interface Claim {
  readonly path: string
  readonly owner: ProcessIdentity
  readonly madeMs: number
}

/**
 * Does `work` alone among all processes. Whoever wants to goes through when,
 * with its own claim made, it finds no other: of any two the later one sees
 * the earlier. Otherwise it takes its claim back and tries again after a
 * random pause. A claim is a file that names its owner, made and removed by
 * none but the owner; those of dead owners are passed over. So the lock cannot
 * be left dead and never has to be broken. In a shared folder only claims of
 * users who may write the hosts file count. `work` and the claims run without
 * a pause, so that others wait for no more than the disk.
 */
export async function withLock<T>(site: Site, table: ProcessTable, wait: HostsWait, work: () => T): Promise<T> {
  const {pid, started} = table.self()
  const folder = lockFolder(site)
  const path = join(folder, `${site.prefix}claim.${pid}.${started}.${freshName()}`)
  const findOther = (): Claim | undefined => claimsIn(site, folder).find((one) => one.path !== path && counts(one, table))

  // Counted in pauses, not by the clock: where the processor is short of time,
  // whoever holds the lock is as slow as we are.
  let waitedMs = 0
  for (let longest = SHORTEST_PAUSE_MS; ; longest = Math.min(longest * 2, LONGEST_PAUSE_MS)) {
    wait.signal?.throwIfAborted()
    // Looked for first, so that those who wait do not get in each other's way.
    let other = findOther()
    if (!other) {
      closeSync(openSync(path, 'wx', 0o600))
      try {
        other = findOther()
        if (!other) return work()
      } finally {
        discard(path)
      }
    }
    if (waitedMs >= wait.waitMs) throw locked(site, other, wait)
    const pause = Math.random() * longest
    await sleep(pause)
    waitedMs += pause
  }
}

/** The claims in a folder; those of users who could not write the hosts file anyway are none. */
function claimsIn(site: Site, folder: string): Claim[] {
  return readdirSync(folder).flatMap((name) => {
    if (!name.startsWith(site.prefix)) return []
    const [, pid, started] = CLAIM.exec(name.slice(site.prefix.length)) ?? []
    if (started === undefined) return []
    const path = join(folder, name)
    const facts = lstatSync(path, {throwIfNoEntry: false})
    if (!facts || !site.isWriter(facts.uid)) return []
    return [{path, owner: {pid: Number(pid), started}, madeMs: facts.mtimeMs}]
  })
}

function counts(claim: Claim, table: ProcessTable): boolean {
  const state = table.state(claim.owner)
  if (state === 'alive') return true
  if (state === 'elsewhere' && Date.now() - claim.madeMs < UNKNOWN_COUNTS_MS) return true
  discard(claim.path)
  return false
}

/** Which of the folders takes claims is a fact of the file systems, and thus the same for all. */
function lockFolder(site: Site): string {
  const folder = site.lockFolders.find(isWritable)
  if (folder !== undefined) return folder
  const tried = site.lockFolders.join(' or ')
  throw fail('HOSTS_UNWRITABLE', `The hosts file ${site.file} cannot be locked: nothing can be written in ${tried}.`, {
    hint: 'Mend that, or connect without the hosts file: --resolve hostaddr',
  })
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function locked(site: Site, {owner}: Claim, wait: HostsWait): DbtunnelError {
  const seconds = wait.waitMs / 1000
  return fail('HOSTS_LOCKED', `Process ${owner.pid} has kept ${site.file} locked for more than ${seconds} s.`, {
    hint: `See what it is with: ps -p ${owner.pid}`,
  })
}
