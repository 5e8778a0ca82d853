import {lstat, open, readdir} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {type DbtunnelError, fail} from '../../core/errors.js'
import type {HostsWait, ProcessIdentity} from '../../core/ports/hosts.js'
import type {ProcessTable} from '../process-identity.js'
import {hasErrno} from './errno.js'
import {discard, freshName, type Site} from './site.js'

/** A claim of another container, whose life cannot be looked up, counts for this long. */
const UNKNOWN_COUNTS_MS = 30_000
const LONGEST_POLL_MS = 50

const CLAIM = /^(choosing|ticket)\.(\d+)\.(\d+)\.([a-z0-9-]+)\.([0-9a-f]+)$/

interface Claim {
  readonly path: string
  readonly kind: string
  readonly number: number
  readonly owner: ProcessIdentity
  readonly nonce: string
}

/**
 * Lets one process at a time through, first come first served: Lamport's
 * bakery, with one file a claim. Each process makes and removes only its own
 * files, all of which name their owner: a dead owner's claims are passed over,
 * so the lock cannot be left dead and nobody ever has to break it. In a shared
 * folder only claims of users who may write the hosts file count.
 * Returns the function that lets the next one in.
 */
export async function takeLock(site: Site, table: ProcessTable, wait: HostsWait): Promise<() => Promise<void>> {
  const deadline = Date.now() + wait.waitMs
  const owner = await table.self()
  const id = `${owner.pid}.${owner.started}.${freshName()}`
  const choosing = await firstClaim(site, `choosing.0.${id}`)
  const {folder} = choosing
  let ticket: string | undefined
  const release = async (): Promise<void> => {
    if (ticket !== undefined) await discard(ticket)
  }
  try {
    const number = 1 + Math.max(0, ...(await claimsIn(site, folder)).map((claim) => claim.number))
    ticket = await makeClaim(site, folder, `ticket.${number}.${id}`)
    await discard(choosing.path)
    const mine = claimAt(site, ticket) as Claim
    for (;;) {
      wait.signal?.throwIfAborted()
      const ahead = await firstAhead(site, folder, mine, table)
      if (!ahead) return release
      if (Date.now() > deadline) throw locked(site, ahead, wait)
      await sleep(Math.min(2 + 3 * (number - ahead.number), LONGEST_POLL_MS))
    }
  } catch (error) {
    await discard(choosing.path)
    await release()
    throw error
  }
}

/**
 * Who goes before us. Those still choosing are looked for first, in a listing
 * of their own: whoever is not among them has either made its ticket by now,
 * which the second listing shows, or will draw a higher one than ours.
 */
async function firstAhead(site: Site, folder: string, mine: Claim, table: ProcessTable): Promise<Claim | undefined> {
  for (const kind of ['choosing', 'ticket']) {
    const claims = (await claimsIn(site, folder))
      .filter((claim) => claim.kind === kind && claim.nonce !== mine.nonce && isBefore(claim, mine))
      .sort((one, other) => (isBefore(one, other) ? -1 : 1))
    for (const claim of claims) if (await counts(site, claim, table)) return claim
  }
  return undefined
}

function isBefore(one: Claim, other: Claim): boolean {
  return one.number === other.number ? one.nonce < other.nonce : one.number < other.number
}

async function counts(site: Site, claim: Claim, table: ProcessTable): Promise<boolean> {
  const facts = await lstat(claim.path).catch(() => undefined)
  if (!facts || !site.isWriter(facts.uid)) return false
  const state = await table.state(claim.owner)
  if (state === 'alive') return true
  if (state === 'elsewhere' && Date.now() - facts.mtimeMs < UNKNOWN_COUNTS_MS) return true
  await discard(claim.path)
  return false
}

async function claimsIn(site: Site, folder: string): Promise<Claim[]> {
  return (await readdir(folder)).flatMap((name) => claimAt(site, join(folder, name)) ?? [])
}

function claimAt(site: Site, path: string): Claim | undefined {
  const name = basename(path)
  if (!name.startsWith(site.prefix)) return undefined
  const [, kind, number, pid, started, nonce] = CLAIM.exec(name.slice(site.prefix.length)) ?? []
  if (kind === undefined || started === undefined || nonce === undefined) return undefined
  return {path, kind, number: Number(number), owner: {pid: Number(pid), started}, nonce}
}

/** Which of the folders it is, is a fact of the file systems and thus the same for all. */
async function firstClaim(site: Site, name: string): Promise<{folder: string; path: string}> {
  let cause: unknown
  for (const folder of site.lockFolders) {
    try {
      return {folder, path: await makeClaim(site, folder, name)}
    } catch (error) {
      if (!hasErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT')) throw error
      cause = error
    }
  }
  const tried = site.lockFolders.join(' and ')
  throw fail('HOSTS_UNWRITABLE', `The hosts file ${site.file} cannot be locked: nothing can be written in ${tried}.`, {
    hint: 'Mend that, or connect without the hosts file: --resolve hostaddr',
    cause,
  })
}

async function makeClaim(site: Site, folder: string, name: string): Promise<string> {
  const path = join(folder, site.prefix + name)
  await (await open(path, 'wx', 0o600)).close()
  return path
}

function locked(site: Site, claim: Claim, wait: HostsWait): DbtunnelError {
  const seconds = wait.waitMs / 1000
  return fail('HOSTS_LOCKED', `Process ${claim.owner.pid} has kept ${site.file} locked for more than ${seconds} s.`, {
    hint: `See what it is with: ps -p ${claim.owner.pid}`,
  })
}
