import {lstatSync, readFileSync, readlinkSync, type Stats} from 'node:fs'
import {dirname, isAbsolute, join} from 'node:path'
import {ANYONE_MAY_WRITE, GROUP_MAY_WRITE, OTHERS_MAY_WRITE, STICKY} from './file-mode.js'

// The one answer to "who else could change this?" for all files of the user's: settings, state, cache, private files.

type Environment = Readonly<Record<string, string | undefined>>

/** Whose files are believed, by user id. */
export type Owners = (uid: number) => boolean

/** This user and root. */
export const OURS: Owners = (uid) => uid === 0 || uid === process.geteuid?.()

/** The same, and by sudo the user who typed it, as for git. */
export function oursOrOfSudo({SUDO_UID: sudoUid}: Environment): Owners {
  return (uid) => OURS(uid) || (process.geteuid?.() === 0 && sudoUid !== undefined && String(uid) === sudoUid)
}

/** Why someone else could change what lies at `path`: it belongs to them, or its mode lets them write. */
export interface Weakness {
  readonly path: string
  readonly why: 'owner' | 'mode'
  readonly stats: Stats
}

/** Why others than `owners` could have written what has these stats. A group may write where it is the owner's alone. */
export function weaknessOf(stats: Stats, owners: Owners): Weakness['why'] | undefined {
  if (!owners(stats.uid)) return 'owner'
  return mayOthersWrite(stats) ? 'mode' : undefined
}

/** The same for what dbtunnel has made for this user alone. */
export function weaknessOfOwn(stats: Stats): Weakness['why'] | undefined {
  if (stats.uid !== process.geteuid?.()) return 'owner'
  return (stats.mode & OTHERS_MAY_WRITE) === 0 ? undefined : 'mode'
}

/**
 * The first of the folders on the way to `path` in which others than `owners` could put something else in its place. All
 * that `path` leads through are looked at, those of links too; the last part of `path` itself is not, nor is what does not
 * exist yet. Nobody replaces another user's files in a folder with the sticky bit. Throws where it cannot look.
 */
export function weaknessAbove(path: string, owners: Owners): Weakness | undefined {
  for (const {kind, ...at} of wayTo(path)) {
    const weakness =
      kind === 'folder' ? weaknessOfFolder(at, owners) : kind === 'link' ? weaknessOfLink(at, owners) : undefined
    if (weakness) return weakness
  }
  return undefined
}

/**
 * Who but root could change what is found at `path`, in a few words: the first of the folders and links on the way to it,
 * or itself, that is not root's alone; undefined where all are. For what runs with root's rights: no group may write, and
 * the sticky bit is not enough. POSIX access lists show in the group's bits.
 */
export function weaknessForRoot(path: string): string | undefined {
  let isThere = false
  for (const {kind, path: part, stats} of wayTo(path)) {
    if (stats.uid !== 0) return `${part} belongs to user ${stats.uid}, not to root`
    if (kind !== 'link' && (stats.mode & OTHERS_MAY_WRITE) !== 0) return `${part} can be written by others than root`
    isThere = kind === 'end'
  }
  return isThere ? undefined : `${path} is missing`
}

interface Part {
  readonly path: string
  readonly stats: Stats
}

/**
 * All that leads to `path`, from the root down: each folder in which a name is looked up, each link, and last what is found
 * there (`end`). Ends early at the first that does not exist. Throws ELOOP for links that lead in a circle.
 */
function* wayTo(path: string): Generator<Part & {readonly kind: 'folder' | 'link' | 'end'}> {
  const parts = partsOf(path)
  let folder = '/'
  let links = MOST_LINKS
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (part === '..') {
      folder = dirname(folder)
      continue
    }
    yield {kind: 'folder', path: folder, stats: lstatSync(folder)}
    const next = join(folder, part)
    const stats = lstatSync(next, {throwIfNoEntry: false})
    if (!stats) return
    if (!stats.isSymbolicLink()) {
      folder = next
      continue
    }
    yield {kind: 'link', path: next, stats}
    if (links-- === 0) throw Object.assign(new Error('its links lead in a circle'), {code: 'ELOOP'})
    const target = readlinkSync(next)
    if (isAbsolute(target)) folder = '/'
    parts.unshift(...partsOf(target))
  }
  yield {kind: 'end', path: folder, stats: lstatSync(folder)}
}

/** As Linux has it. */
const MOST_LINKS = 40

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

/** In a folder like /tmp a link is its owner's to change. */
function weaknessOfLink({path, stats}: Part, owners: Owners): Weakness | undefined {
  const isWeak = !owners(stats.uid) && mayOthersWrite(lstatSync(dirname(path)))
  return isWeak ? {path, why: 'owner', stats} : undefined
}

function weaknessOfFolder({path, stats}: Part, owners: Owners): Weakness | undefined {
  if (!owners(stats.uid) && !isUnmapped(stats.uid)) return {path, why: 'owner', stats}
  return mayOthersWrite(stats) && (stats.mode & STICKY) === 0 ? {path, why: 'mode', stats} : undefined
}

function mayOthersWrite(stats: Stats): boolean {
  if ((stats.mode & ANYONE_MAY_WRITE) !== 0) return true
  return (stats.mode & GROUP_MAY_WRITE) !== 0 && !isPrivateGroup(stats)
}

/**
 * Whether the group is that of the file's owner alone: no other account is in it, as a member or by its own first group.
 * Where each user has such a group (Debian, Ubuntu, Fedora), the umask lets it write all that is made.
 */
function isPrivateGroup({uid, gid}: Stats): boolean {
  if (uid !== gid) return false
  const [name = '', , , members] = readTable('/etc/group').find(([, , id]) => id === String(gid)) ?? []
  const isOthers = readTable('/etc/passwd').some(([, , id, group]) => group === String(gid) && id !== String(uid))
  return !isOthers && members !== undefined && members.split(',').every((member) => member === '' || member === name)
}

/** The fields of each line; none where it cannot be read. */
function readTable(path: string): readonly (readonly string[])[] {
  return readIfAny(path)
    .split('\n')
    .map((line) => line.split(':'))
}

/**
 * Whether a user namespace shows root's files under this id, as it shows those of every user whom it does not know
 * (user_namespaces(7)): a sandbox or a container without root. Only folders above are taken for root's then.
 */
function isUnmapped(uid: number): boolean {
  const shown = readIfAny('/proc/sys/kernel/overflowuid').trim()
  if (shown === '' || String(uid) !== shown) return false
  const map = readIfAny('/proc/self/uid_map').trim()
  const isKnown = map.split('\n').some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number)
    return uid >= first && uid < first + count
  })
  return map !== '' && !isKnown
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
