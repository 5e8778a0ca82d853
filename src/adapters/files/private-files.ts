import {
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import {open, opendir, readFile, rm, rmdir} from 'node:fs/promises'
import {homedir} from 'node:os'
import {basename, dirname, isAbsolute, join} from 'node:path'
import {type DbtunnelError, fail} from '../../core/errors.js'
import type {PrivateFiles} from '../../core/ports/files.js'
import type {ProcessIdentity} from '../../core/ports/hosts.js'
import {replaceFile} from './replace-file.js'
import {RUN, statePlace} from './state-folder.js'
import {OURS, weaknessAbove} from './trust.js'
import {type ProcessTable, processTable} from '../processes/process-identity.js'
import {reasonOf} from '../errno.js'
import {shellLine} from '../../core/text/shell-line.js'

type Environment = Readonly<Record<string, string | undefined>>

/** In each folder: whose it is, for the run that finds it later. */
const OWNER = 'owner'
/** It is written right after its folder was made. */
const UNOWNED_MS = 60_000
/** So much of a folder like /tmp is looked through at a start, and so many of what may be ours in it. */
const MOST_NAMES = 100_000
const MOST_FOLDERS = 500

/**
 * Folders under XDG_RUNTIME_DIR where that is private (it is in memory and
 * goes with the login), else under TMPDIR where nobody else makes anything, else in the state folder. What `open` prints
 * to be pasted names files in them. So their names must never become free for others, also when the run is over: a folder
 * like /tmp is the last resort, where there is no home.
 */
export function privateFiles(environment: Environment = process.env): PrivateFiles {
  const table = processTable()
  return {
    // Made at once, without a pause before the caller goes on: no signal can
    // come between the folder and its undo.
    async makeFolder() {
      return makeFolder(environment, table.self())
    },

    async write(folder, name, content) {
      if (basename(name) !== name || name.startsWith('.')) throw new Error(`not a plain file name: ${name}`)
      const path = join(folder, name)
      try {
        replaceFile(path, content)
        return path
      } catch (error) {
        throw unwritable(`The file ${path} cannot be written`, error)
      }
    },

    async removeFolder(folder) {
      await rm(folder, {recursive: true, force: true})
    },

    async sweep() {
      for (const base of basesIn(environment)) {
        for (const name of await someFolders(base)) await removeLeft(join(base, name), table)
      }
    },

    async inHome(paths) {
      const home = environment['HOME'] || homedir()
      return paths.filter((path) => existsSync(join(home, path)))
    },

    async readText(path) {
      try {
        return await readPlain(path)
      } catch (error) {
        throw fail('CONFIG_INVALID', `The file ${path} cannot be read: ${reasonOf(error)}.`, {
          hint: `To look at it: ${shellLine(['ls', '-l', path])}`,
          cause: error,
        })
      }
    },
  }
}

/** Some certificates, or settings; what is longer is neither. */
const LARGEST_BYTES = 8 * 1024 * 1024

async function readPlain(path: string): Promise<string> {
  // A named pipe that nobody writes to is not waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (stats.isDirectory()) throw Object.assign(new Error('a folder'), {code: 'EISDIR'})
    if (!stats.isFile()) throw new Error('it is not a regular file')
    if (stats.size > LARGEST_BYTES) throw new Error('it is too long')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function makeFolder(environment: Environment, {pid, started}: ProcessIdentity): string {
  const base = privateBase(environment['XDG_RUNTIME_DIR']) ?? lastingBase(environment)
  let folder: string | undefined
  try {
    folder = mkdtempSync(join(base, 'dbtunnel-'))
    writeFileSync(join(folder, OWNER), `${pid} ${started}\n`, {flag: 'wx', mode: 0o600})
    return folder
  } catch (error) {
    if (folder !== undefined) rmSync(folder, {recursive: true, force: true})
    throw unwritable(`No folder can be made in ${base}`, error)
  }
}

/** TMPDIR, or where others can make folders there, one of the state folder's; the former where that cannot be had. */
function lastingBase(environment: Environment): string {
  const temporary = temporaryBase(environment)
  const isOthersToo = (statSync(temporary).mode & 0o022) !== 0
  return (isOthersToo ? runFolder(environment) : undefined) ?? temporary
}

/** Of the state folder, made where it is missing; undefined where it cannot be had, or would be made in another user's home. */
export function runFolder(environment: Environment): string | undefined {
  const state = statePlace(environment)
  if (state === undefined) return undefined
  try {
    const folder = join(state, RUN)
    let above = folder
    while (!lstatSync(above, {throwIfNoEntry: false})) above = dirname(above)
    if (!isOurs(statSync(above))) return undefined
    mkdirSync(folder, {recursive: true, mode: 0o700})
    return privateBase(folder)
  } catch {
    return undefined
  }
}

/** Wherever an earlier run may have made its folder. */
function basesIn(environment: Environment): readonly string[] {
  const shared = (): string | undefined => {
    try {
      return temporaryBase(environment)
    } catch {
      return undefined
    }
  }
  const state = statePlace(environment)
  const run = state === undefined ? undefined : privateBase(join(state, RUN))
  return [privateBase(environment['XDG_RUNTIME_DIR']), run, shared()].filter((base) => base !== undefined)
}

/**
 * Names that may be those of our folders. Not more than a few, beginning at any: in a folder like /tmp others can make as
 * many as they like, and that must not hold up each run. What is not looked at now has its turn at a later start.
 */
async function someFolders(base: string): Promise<readonly string[]> {
  const names: string[] = []
  let read = 0
  for await (const {name} of await opendir(base, {bufferSize: 1024})) {
    if (/^dbtunnel-[A-Za-z0-9]{6}$/.test(name)) names.push(name)
    if (++read === MOST_NAMES) break
  }
  const first = Math.floor(Math.random() * names.length)
  return [...names.slice(first), ...names.slice(0, first)].slice(0, MOST_FOLDERS)
}

async function removeLeft(folder: string, table: ProcessTable): Promise<void> {
  // At once: most are others' when they are many.
  const stats = lstatSync(folder, {throwIfNoEntry: false})
  if (!stats?.isDirectory() || !isOurs(stats) || (stats.mode & 0o077) !== 0) return
  const owner = await readFile(join(folder, OWNER), 'latin1').catch(() => '')
  const [, pid, started] = /^(\d+) ([a-z0-9-]+)\n$/.exec(owner) ?? []
  if (pid === undefined || started === undefined) {
    // Killed between two steps. What is not empty is not ours.
    if (Date.now() - stats.mtimeMs > UNOWNED_MS) await rmdir(folder).catch(() => {})
  } else if (table.state({pid: Number(pid), started}) === 'dead') {
    await rm(folder, {recursive: true, force: true})
  }
}

/** A folder that is ours alone; anything less is passed over. */
export function privateBase(folder: string | undefined): string | undefined {
  if (folder === undefined || !isAbsolute(folder)) return undefined
  try {
    const real = realpathSync(folder)
    const stats = statSync(real)
    const isPrivate = stats.isDirectory() && isOurs(stats) && (stats.mode & 0o077) === 0
    return isPrivate && isSafe(real) ? real : undefined
  } catch {
    return undefined
  }
}

/** TMPDIR, in which no other user can replace what is ours: our own, or one like /tmp with the sticky bit. */
export function temporaryBase(environment: Environment): string {
  const folder = environment['TMPDIR'] || '/tmp'
  let real: string
  try {
    real = realpathSync(folder)
    if (!statSync(real).isDirectory()) throw Object.assign(new Error('it is no folder'), {code: 'ENOTDIR'})
    if (isSafe(real)) return real
  } catch (error) {
    throw unwritable(`The temporary folder ${folder} cannot be used`, error)
  }
  throw fail('FILES_UNWRITABLE', `The temporary folder ${folder} is not safe: other users can replace files in it.`, {
    hint: 'Set TMPDIR to a folder of your own.',
  })
}

/** Whether nobody else can put another folder, with another CA file in it, in the place of one that we make here. */
function isSafe(base: string): boolean {
  return weaknessAbove(join(base, 'ours'), OURS) === undefined
}

function isOurs(stats: Stats): boolean {
  return stats.uid === process.geteuid?.()
}

function unwritable(what: string, cause: unknown): DbtunnelError {
  return fail('FILES_UNWRITABLE', `${what}: ${reasonOf(cause)}.`, {
    hint: 'Free some space there, or set TMPDIR to a folder of your own.',
    cause,
  })
}
