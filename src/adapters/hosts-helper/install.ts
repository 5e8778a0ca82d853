import {spawn, spawnSync} from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {once} from 'node:events'
import {dirname} from 'node:path'
import {text} from 'node:stream/consumers'
import {withDeadline} from '../../core/deadline.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import type {HelperInstaller} from '../../core/ports/hosts.js'
import {hasErrno} from '../errno.js'
import {opensDebugger} from './debugger.js'
import {weakLibrary} from './libraries.js'
import {rootNodeWords} from './node-words.js'
import {FOLDER, FORMER_HELPER, HELPER, NODE, PROGRAM, RULES, STAMP} from './places.js'
import {rulesText, ruleUser} from './rules.js'
import {newStamp, readStamp} from './stamp.js'
import {findSudo} from './sudo.js'
import {weaknessForRoot} from '../files/trust.js'

const VISUDO = ['/usr/sbin/visudo', '/usr/local/sbin/visudo']
const PROOF_MS = 10_000
/** What is installed, in the order in which it takes its place: the rule last. */
const FILES = [NODE, HELPER, STAMP, RULES] as const
/** What was there before leaves in this order: the rule first. */
const FORMER_FILES = [RULES, STAMP, HELPER, FORMER_HELPER, NODE] as const
const FOLDERS = [dirname(dirname(FOLDER)), dirname(FOLDER), FOLDER] as const
/** How names of files end that do not count yet, or no longer. sudo reads no rules from a file with a dot in its name. */
const UNFINISHED = '.new'
const SET_ASIDE = '.old'
/** That everyone may look into a folder. */
const OTHERS_MAY_ENTER = 0o005

type User = NonNullable<HelperInstaller['user']>

/** For this process: `environment` is where sudo says who called it. */
export function helperInstaller(environment: Readonly<Record<string, string | undefined>>): HelperInstaller {
  const {SUDO_USER: name = '', SUDO_UID = '0', SUDO_GID = '0'} = environment
  const [uid, gid] = [Number(SUDO_UID), Number(SUDO_GID)]
  return {
    isRoot: process.geteuid?.() === 0,
    user: uid > 0 && gid > 0 ? {name, uid, gid} : undefined,

    async again(words) {
      const child = spawn(sudo(), ['--', process.execPath, ...rootNodeWords(), process.argv[1] ?? '', ...words], {
        env: {TERM: environment['TERM'] ?? 'dumb'},
        stdio: 'inherit',
      })
      const [status] = (await once(child, 'exit')) as [number | null]
      return status ?? 1
    },

    async install(user) {
      const folders: string[] = []
      try {
        makeFolders(folders)
        await prepare(user, [...(readStamp()?.made ?? []), ...folders])
        await exchange(() => proveRule(user))
      } catch (error) {
        discardUnfinished()
        removeFolders(folders)
        throw error instanceof Error && 'syscall' in error ? notInstalled(`${error.message}.`, {cause: error}) : error
      }
    },

    async uninstall() {
      try {
        return remove()
      } catch (error) {
        throw notInstalled(`${(error as Error).message}.`, {cause: error})
      }
    },
  }
}

/** Adds to `made` those that were not there. Whatever the installer's umask: everyone is to see what is installed. */
function makeFolders(made: string[]): void {
  for (const folder of FOLDERS) {
    if (!existsSync(folder)) {
      mkdirSync(folder)
      made.push(folder)
      chmodSync(folder, 0o755)
    }
    refuse(weaknessForRoot(folder))
    if ((statSync(folder).mode & OTHERS_MAY_ENTER) !== OTHERS_MAY_ENTER) {
      throw notInstalled(`others than root cannot look into ${folder}, so its user could not see what is installed.`, {
        mend: `sudo chmod 755 ${folder}`,
      })
    }
  }
  refuse(weaknessForRoot(dirname(RULES)))
}

/** All of it, and all that can be proven of it, beside where it goes: nothing counts yet. */
async function prepare(user: User, made: readonly string[]): Promise<void> {
  const [words, who] = [rootNodeWords(), ruleUser(user)]
  put(NODE, 0o755, (path) => copyFileSync(process.execPath, path))
  put(HELPER, 0o644, (path) => copyFileSync(PROGRAM, path))
  put(STAMP, 0o644, (path) => writeFileSync(path, `${JSON.stringify(newStamp({user: who, words, made}))}\n`))
  put(RULES, 0o440, (path) => writeFileSync(path, rulesText(who, words), {mode: 0o440}))
  refuse(weakLibrary(NODE + UNFINISHED))
  checkRules(RULES + UNFINISHED)
  if (await opensDebugger([NODE + UNFINISHED, ...words, HELPER + UNFINISHED])) {
    throw notInstalled('a signal makes this Node open its debugger, which would let every program become root.', {
      mend: 'Install it with another version of Node.',
    })
  }
}

/** Root's alone from the start. */
function put(place: string, mode: number, make: (path: string) => void): void {
  const path = place + UNFINISHED
  rmSync(path, {force: true})
  make(path)
  chownSync(path, 0, 0)
  chmodSync(path, mode)
}

function checkRules(path: string): void {
  const visudo = VISUDO.find((file) => existsSync(file))
  if (visudo === undefined) throw notInstalled('there is no visudo.')
  const {status, stderr} = spawnSync(visudo, ['-cf', path], {env: {}, encoding: 'utf8'})
  if (status !== 0) throw notInstalled(`visudo does not take the rule: ${stderr.trim()}`)
}

/**
 * Puts what was prepared in the place of what was there. Where that fails, or `prove` does, what was there is put back.
 * One that runs keeps its own files.
 */
async function exchange(prove: () => Promise<void>): Promise<void> {
  try {
    for (const path of FORMER_FILES) move(path, path + SET_ASIDE)
    for (const path of FILES) renameSync(path + UNFINISHED, path)
    await prove()
  } catch (error) {
    rmSync(RULES, {force: true})
    for (const path of FILES) rmSync(path, {force: true})
    for (const path of FORMER_FILES.toReversed()) move(path + SET_ASIDE, path)
    throw error
  }
  for (const path of FORMER_FILES) rmSync(path + SET_ASIDE, {force: true})
}

/** Or leaves nothing there, where there is nothing to move. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error
    rmSync(to, {force: true})
  }
}

/** As the user, and as if no password had ever been given (-k). */
async function proveRule({uid, gid}: User): Promise<void> {
  const child = spawn(sudo(), ['-k', '-n', '--', NODE, ...rootNodeWords(), HELPER], {
    cwd: '/',
    env: {},
    uid,
    gid,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const late = (): Error => notInstalled('sudo did not answer.')
  const [output, complaint] = await withDeadline(ended, PROOF_MS, late)
  if (!output.startsWith('ready ')) throw notInstalled(`sudo does not start it without a password: ${complaint.trim()}`)
}

/** The rule first. */
function remove(): boolean {
  const made = readStamp()?.made ?? []
  const files = FORMER_FILES.flatMap((path) => [path, path + UNFINISHED, path + SET_ASIDE])
  const found = files.filter((path) => existsSync(path))
  for (const path of found) rmSync(path)
  if (existsSync(FOLDER)) rmdirSync(FOLDER)
  removeFolders(made)
  return found.length > 0
}

function discardUnfinished(): void {
  for (const path of FILES) rmSync(path + UNFINISHED, {force: true})
}

/** Of those that we made, the ones that nobody else uses. */
function removeFolders(made: readonly string[]): void {
  for (const folder of FOLDERS.toReversed().filter((one) => made.includes(one))) {
    try {
      rmdirSync(folder)
    } catch (error) {
      if (!hasErrno(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error
    }
  }
}

function sudo(): string {
  const file = findSudo()
  if (file === undefined) throw notInstalled('there is no sudo.')
  return file
}

function refuse(weak: string | undefined): void {
  if (weak !== undefined) throw notInstalled(`${weak}, so others could take its place.`)
}

const WITHOUT = 'psql needs no hosts file (--resolve hostaddr), and open can have sudo ask each time.'

function notInstalled(why: string, {mend, cause}: {mend?: string; cause?: unknown} = {}): DbtunnelError {
  return fail('HELPER_NOT_INSTALLED', `The hosts helper is not installed: ${why}`, {
    hint:
      mend === undefined
        ? `Fix that, or work without the helper: ${WITHOUT}`
        : `${mend}\nOr work without the helper: ${WITHOUT}`,
    cause,
  })
}
