import {spawn, spawnSync} from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import {once} from 'node:events'
import {dirname} from 'node:path'
import {text} from 'node:stream/consumers'
import {withDeadline} from '../../core/deadline.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import type {HelperInstaller} from '../../core/ports/hosts.js'
import {weakLibrary} from './libraries.js'
import {FOLDER, headed, HELPER, NODE, PROGRAM, RULES} from './places.js'
import {findSudo} from './sudo.js'
import {weakness} from './weakness.js'

const VISUDO = ['/usr/sbin/visudo', '/usr/local/sbin/visudo']
const PROOF_MS = 10_000
/** How names of unfinished files end. sudo reads no rules from a file with a dot in its name. */
const UNFINISHED = '.new'

type User = NonNullable<HelperInstaller['user']>

/** For this process: `environment` is where sudo says who called it. */
export function helperInstaller(environment: Readonly<Record<string, string | undefined>>): HelperInstaller {
  const {SUDO_USER: name = '', SUDO_UID = '0', SUDO_GID = '0'} = environment
  const [uid, gid] = [Number(SUDO_UID), Number(SUDO_GID)]
  return {
    isRoot: process.geteuid?.() === 0,
    user: uid > 0 && gid > 0 ? {name, uid, gid} : undefined,

    async again(words) {
      const child = spawn(sudo(), ['--', process.execPath, process.argv[1] ?? '', ...words], {
        env: {TERM: environment['TERM'] ?? 'dumb'},
        stdio: 'inherit',
      })
      const [status] = (await once(child, 'exit')) as [number | null]
      return status ?? 1
    },

    async install(user) {
      const program = readFileSync(PROGRAM)
      try {
        mkdirSync(dirname(FOLDER), {recursive: true, mode: 0o755})
        refuse(weakness(dirname(FOLDER)))
        mkdirSync(FOLDER, {recursive: true, mode: 0o755})
        refuse(weakness(FOLDER) ?? weakness(dirname(RULES)))
        put(NODE, (path) => copyFileSync(process.execPath, path))
        put(HELPER, (path) => writeFileSync(path, headed(program)))
        refuse(weakLibrary(NODE))
        allow(user)
        await prove(user)
      } catch (error) {
        remove()
        throw error instanceof Error && 'syscall' in error ? notInstalled(`${error.message}.`, error) : error
      }
    },

    async uninstall() {
      try {
        return remove()
      } catch (error) {
        throw notInstalled(`${(error as Error).message}.`, error)
      }
    },
  }
}

/** Root's alone from the start, and there as a whole or not at all; one that runs keeps its own. */
function put(path: string, make: (path: string) => void, mode = 0o755): void {
  const unfinished = path + UNFINISHED
  rmSync(unfinished, {force: true})
  make(unfinished)
  chownSync(unfinished, 0, 0)
  chmodSync(unfinished, mode)
  renameSync(unfinished, path)
}

/** One rule, for one program without arguments; with nothing of the user's environment, whatever the machine's rules say. */
function allow({name, uid}: User): void {
  const who = /^[a-z_][a-z0-9_-]*$/.test(name) ? name : `#${uid}`
  const rules = `# Made by "dbtunnel hosts install"; "dbtunnel hosts uninstall" takes it out.
Defaults!${HELPER} env_reset, !setenv, !env_keep, !env_check
${who} ALL=(root) NOPASSWD: ${HELPER} ""
`
  const visudo = VISUDO.find((file) => existsSync(file))
  if (visudo === undefined) throw notInstalled('there is no visudo.')
  const make = (path: string): void => {
    writeFileSync(path, rules, {mode: 0o440})
    const {status, stderr} = spawnSync(visudo, ['-cf', path], {env: {}, encoding: 'utf8'})
    if (status !== 0) throw notInstalled(`visudo does not take the rule: ${stderr.trim()}`)
  }
  put(RULES, make, 0o440)
}

/** As the user, and as if no password had ever been given (-k). */
async function prove({uid, gid}: User): Promise<void> {
  const child = spawn(sudo(), ['-k', '-n', '--', HELPER], {
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
  const files = [RULES, HELPER, NODE].flatMap((path) => [path, path + UNFINISHED])
  const found = files.filter((path) => existsSync(path))
  for (const path of found) rmSync(path)
  if (existsSync(FOLDER)) rmdirSync(FOLDER)
  return found.length > 0
}

function sudo(): string {
  const file = findSudo()
  if (file === undefined) throw notInstalled('there is no sudo.')
  return file
}

function refuse(weak: string | undefined): void {
  if (weak !== undefined) throw notInstalled(`${weak}, so others could take its place.`)
}

function notInstalled(why: string, cause?: unknown): DbtunnelError {
  return fail('HELPER_NOT_INSTALLED', `The hosts helper is not installed: ${why}`, {
    hint: 'Mend that, or go without: psql needs no hosts file (--resolve hostaddr), and open can have sudo ask each time.',
    cause,
  })
}
