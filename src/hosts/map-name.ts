import type {NameMode} from './name-mode.js'
import {fail, hasCode} from '../core/errors.js'
import {isHostName} from '../core/grammars.js'
import type {HostsPort} from '../core/ports/hosts.js'
import type {Run} from '../core/run.js'

/** How clients find the database's name: through the hosts file, or by being given the address as well. */
export type NameMapping =
  /** `caveat`: what still does not go there; one line for a notice. */
  | {readonly via: 'hosts'; readonly caveat?: string | undefined}
  /** `mayRetry`: whether `--resolve hosts` may lead to a line in the hosts file. */
  | {readonly via: 'hostaddr'; readonly why: string; readonly mayRetry: boolean}

/** What has to be in order at 127.0.0.1 before a name leads there. */
export interface Place {
  /** Why no name must lead there; one sentence without its full stop. */
  readonly obstacle?: string | undefined
  /** The place is not needed: no name leads there. */
  giveBack(): Promise<void>
}

export interface NameOptions {
  readonly mode: NameMode
  /** Whether the client takes an address beside the name. */
  readonly takesAddress: boolean
}

export interface MapOptions extends NameOptions {
  /** The kind of database, where none of its clients takes an address. */
  readonly needsName?: string | undefined
  /** Called right before a line is written. What it takes it pushes its undo for, which runs when the line has gone. */
  readonly prepare?: ((run: Run) => Promise<Place>) | undefined
}

/**
 * Makes `host` lead to 127.0.0.1 until the run is undone. `hostaddr` never
 * looks at the hosts file. `hosts` must succeed (HOSTS_CONFLICT,
 * HOSTS_UNWRITABLE, HOSTS_LOCKED, or PORT_IN_USE where the place has an obstacle). `auto` takes the hosts file where it can be
 * written without asking anyone, else hostaddr; `why` is then one line for a
 * notice. Another address for that name in a file that we would write is
 * HOSTS_CONFLICT in `auto`, too: someone sent that name elsewhere on purpose.
 */
export async function mapName(host: string, options: MapOptions, hosts: HostsPort, run: Run): Promise<NameMapping> {
  const name = host.toLowerCase()
  if (!isHostName(name)) throw fail('VALUE_INVALID', `${JSON.stringify(host)} is not a host name.`)
  const {mode, takesAddress, needsName, prepare} = options
  const without = (why: string, mayRetry = true): NameMapping => {
    return {via: 'hostaddr', why: `${why} ${instead(takesAddress, needsName, name)}`, mayRetry}
  }
  if (mode === 'hostaddr') return without('The hosts file is left alone:')
  const obstacle = mode === 'auto' ? await hosts.obstacle() : undefined
  if (obstacle !== undefined) return without(`The hosts file ${obstacle}:`)

  const place = prepare && (await prepare(run))
  if (place?.obstacle !== undefined) {
    await place.giveBack()
    if (mode === 'auto') return without(`${place.obstacle}. So`, false)
    throw fail('PORT_IN_USE', `${place.obstacle}.`, {hint: 'Connect without the hosts file: --resolve hostaddr'})
  }
  try {
    return await addUntilUndone(name, hosts, run)
  } catch (error) {
    if (mode === 'hosts' || !hasCode(error, 'HOSTS_UNWRITABLE', 'HOSTS_LOCKED')) throw error
    await place?.giveBack()
    return without(`${error.message} So`)
  }
}

async function addUntilUndone(name: string, hosts: HostsPort, run: Run): Promise<NameMapping> {
  const undone = new AbortController()
  let adding = Promise.resolve()
  run.undo.push(`${name} in the hosts file`, 'local', async () => {
    // A write in flight is waited for: it may still put the line there.
    undone.abort(fail('INTERRUPTED', 'Interrupted.'))
    await adding.catch(() => {})
    await hosts.remove(name)
  })
  // Pushed after undoing began, that has run already.
  undone.signal.throwIfAborted()
  adding = hosts.add(name, AbortSignal.any([run.signal, undone.signal]))
  await adding
  return {via: 'hosts'}
}

function instead(takesAddress: boolean, needsName: string | undefined, name: string): string {
  if (needsName !== undefined) return `clients of ${needsName} will not find ${name}.`
  if (takesAddress) return 'the client is given the address instead (hostaddr).'
  return `clients that take an address are given it (hostaddr). Others, such as JDBC and GUI clients, will not find ${name}.`
}
