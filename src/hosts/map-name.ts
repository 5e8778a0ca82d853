import type {NameMode} from './name-mode.js'
import {fail, hasCode} from '../core/errors.js'
import {isHostName} from '../core/grammars.js'
import type {HostsPort} from '../core/ports/hosts.js'
import type {Run} from '../core/run.js'

/** How clients find the database's name: through the hosts file, or by being given the address as well. */
export type NameMapping = {readonly via: 'hosts'} | {readonly via: 'hostaddr'; readonly why: string}

export interface NameOptions {
  readonly mode: NameMode
  /** `libpq` takes an address beside the name; of `any` other client that is not known. */
  readonly client: 'libpq' | 'any'
}

/**
 * Makes `host` lead to 127.0.0.1 until the run is undone. `hostaddr` never
 * looks at the hosts file. `hosts` must succeed (HOSTS_CONFLICT,
 * HOSTS_UNWRITABLE, HOSTS_LOCKED). `auto` takes the hosts file where it can be
 * written without asking anyone, else hostaddr; `why` is then one line for a
 * notice. Another address for that name in a file that we would write is
 * HOSTS_CONFLICT in `auto`, too: someone sent that name elsewhere on purpose.
 */
export async function mapName(host: string, options: NameOptions, hosts: HostsPort, run: Run): Promise<NameMapping> {
  const name = host.toLowerCase()
  if (!isHostName(name)) throw fail('VALUE_INVALID', `${JSON.stringify(host)} is not a host name.`)
  const {mode, client} = options
  if (mode === 'hostaddr') return {via: 'hostaddr', why: `The hosts file is left alone: ${instead(client, name)}`}
  if (mode === 'hosts') return addUntilUndone(name, hosts, run)

  const obstacle = await hosts.obstacle()
  if (obstacle !== undefined) return {via: 'hostaddr', why: `The hosts file ${obstacle}: ${instead(client, name)}`}
  try {
    return await addUntilUndone(name, hosts, run)
  } catch (error) {
    if (!hasCode(error, 'HOSTS_UNWRITABLE', 'HOSTS_LOCKED')) throw error
    return {via: 'hostaddr', why: `${error.message} So ${instead(client, name)}`}
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
  adding = hosts.add(name, AbortSignal.any([run.signal, undone.signal]))
  await adding
  return {via: 'hosts'}
}

function instead(client: NameOptions['client'], name: string): string {
  if (client === 'libpq') return 'psql is given the address instead (hostaddr).'
  return `the address is given instead (PGHOSTADDR). JDBC, MySQL and GUI clients will not find ${name}. For them:`
}
