import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {ProcessIdentity, ProcessState} from '../../core/ports/hosts.js'
import type {StateFile, StateKey, StatePort} from '../../core/ports/state.js'
import {isMissing, type OwnFolder, ownFolder, xdgFolder} from './own-folder.js'
import {processTable} from '../processes/process-identity.js'

const LARGEST_BYTES = 64 * 1024
/** A draft is written within milliseconds: an older one was left by a run that was killed, on whichever machine. */
const DRAFT_MS = 60_000
/** For a person who wants to know why a tunnel has ended. */
const LOG_MS = 7 * 24 * 60 * 60_000

/** The one file that is not the state of a run, and stays. */
export const AUDIT_LOG = 'audit.jsonl'
/** A folder of its own, with what each run needs while it lasts. */
export const RUN = 'run'
/** A folder of its own, with what this user has approved. */
export const APPROVED = 'approved'
/** A folder of its own, with the passwords of local ends. */
export const PASSWORDS = 'passwords'

type Environment = Readonly<Record<string, string | undefined>>

/** A folder `dbtunnel` in XDG_STATE_HOME, else in ~/.local/state. What is not this user's alone to write is not believed. */
export function stateFolder(environment: Environment): StatePort {
  const place = statePlace(environment)
  const folder = place === undefined ? undefined : ownFolder(place, LARGEST_BYTES)
  const table = processTable()
  const machine = machineMark()
  const look = ({pid, started}: ProcessIdentity): ProcessState => {
    const [, at = started, mark = ''] = /^(.*?)(-m[0-9a-f]+)?$/.exec(started) ?? []
    return mark === machine ? table.state({pid, started: at}) : 'elsewhere'
  }
  const isLeftDraft = async (name: string, of: OwnFolder): Promise<boolean> => {
    const owner = draftOwner(name)
    return owner !== undefined && (look(owner) === 'dead' || (await of.age(name)) > DRAFT_MS)
  }
  const needed = (): OwnFolder => {
    if (folder) return folder
    throw new Error('there is no home folder')
  }
  return {
    async files() {
      if (!folder) return []
      try {
        const names = await folder.names()
        for (const name of names) if (await isLeftDraft(name, folder)) await folder.remove(name)
        const others = names.filter(
          (name) => !draftOwner(name) && !isLog(name) && ![AUDIT_LOG, APPROVED, PASSWORDS, RUN].includes(name),
        )
        return (await Promise.all(others.map((name) => readState(name, folder)))).flat()
      } catch (error) {
        return isMissing(error) ? [] : [{path: folder.path, problem: (error as Error).message}]
      }
    },
    write: async (tunnel, text) => needed().write(nameOf(tunnel), text),
    remove: async (tunnel) =>
      needed()
        .remove(nameOf(tunnel))
        .catch((error: unknown) => {
          if (!isMissing(error)) throw error
        }),
    async pruneLogs(kept) {
      if (!folder) return
      const logs = (await folder.names()).filter((name) => isLog(name) && !kept.includes(join(folder.path, name)))
      for (const name of logs) if ((await folder.age(name)) > LOG_MS) await folder.remove(name)
    },
    self() {
      const {pid, started} = table.self()
      return {pid, started: `${started}${machine}`}
    },
    look,
    signal(owner, signal) {
      if (look(owner) === 'alive') process.kill(owner.pid, signal)
    },
  }
}

/** Homes are shared between machines, which have processes of their own. Empty where it is not known. */
function machineMark(): string {
  try {
    const id = readFileSync('/etc/machine-id', 'latin1').trim()
    // systemd asks that it be not told to anyone as it is.
    return id === '' ? '' : `-m${createHash('sha256').update(`dbtunnel ${id}`).digest('hex').slice(0, 12)}`
  } catch {
    return ''
  }
}

/** Undefined where there is no home. */
export function statePlace(environment: Environment): string | undefined {
  return xdgFolder(environment, 'XDG_STATE_HOME', '.local/state')
}

function isLog(name: string): boolean {
  return name.endsWith('.log')
}

function nameOf({owner: {pid, started}, localPort}: StateKey): string {
  return `${pid}-${started}.${localPort}.json`
}

/** Of a state file that is only being written. */
function draftOwner(name: string): ProcessIdentity | undefined {
  const [, pid, started] = /^\.(\d+)-([a-z0-9-]+)\.\d+\.json\.[0-9a-f]+$/.exec(name) ?? []
  return pid === undefined || started === undefined ? undefined : {pid: Number(pid), started}
}

/** Nothing, where it has been removed meanwhile. */
async function readState(name: string, folder: OwnFolder): Promise<readonly StateFile[]> {
  const path = join(folder.path, name)
  if (!name.endsWith('.json')) return [{path, problem: `${path} is no state file`}]
  try {
    return [{path, text: await folder.read(name)}]
  } catch (error) {
    return isMissing(error) ? [] : [{path, problem: (error as Error).message}]
  }
}
