import {fail, hasCode} from '../../core/errors.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Run} from '../../core/run.js'
import type {Target} from '../../targets/target.js'
import {type LocalEnd, openLocalEnd} from './listener.js'
import {usualPort} from './preferred-ports.js'

type LocalEndPorts = Pick<Ports, 'clock' | 'listen' | 'portOwners'>

/** On the port that was asked for (0: any free one). Rejects with PORT_IN_USE, which says who has it if that can be known. */
export async function localEndAt(port: number, ports: LocalEndPorts, run: Run): Promise<LocalEnd> {
  try {
    return await ownLocalEnd(port, ports, run)
  } catch (error) {
    const owner = hasCode(error, 'PORT_IN_USE') ? await ports.portOwners.ownerOf(port) : undefined
    if (!owner || !hasCode(error, 'PORT_IN_USE')) throw error
    throw fail('PORT_IN_USE', `Port ${port} on 127.0.0.1 is taken by ${owner.program} (pid ${owner.pid}).`, {
      hint: error.hint,
      cause: error,
    })
  }
}

/** On the port that this database has each time; where that is taken on any other, and then it is said. */
export async function usualLocalEnd(target: Target, ports: LocalEndPorts, run: Run): Promise<LocalEnd> {
  const {endpoint, name} = target
  const usual = usualPort(endpoint)
  // macOS gives out a port on 127.0.0.1 even if another program has it on all addresses.
  if (!(await ports.portOwners.ownerOf(usual))) {
    try {
      return await ownLocalEnd(usual, ports, run)
    } catch (error) {
      if (!hasCode(error, 'PORT_IN_USE')) throw error
    }
  }
  const localEnd = await ownLocalEnd(0, ports, run)
  run.say.notice(`The port that ${name} usually has here (${usual}) is in use, so it is ${localEnd.port}.`)
  return localEnd
}

/** Opens a local end, and closes it when the run is undone. */
async function ownLocalEnd(port: number, ports: LocalEndPorts, run: Run): Promise<LocalEnd> {
  run.undo.push('local port', 'local', async () => (await opening.catch(() => undefined))?.close())
  const opening = openLocalEnd(port, ports)
  return opening
}
