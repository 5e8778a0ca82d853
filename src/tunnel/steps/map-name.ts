import {databaseKind} from '../../databases/kind-of.js'
import {mapName as map, type NameMapping} from '../../hosts/map-name.js'
import {keepMapped} from '../../hosts/keep-mapped.js'
import {type OwnPort, takeOwnPort} from '../listener/own-port.js'
import type {Run} from '../../core/run.js'
import type {Connected} from './connect.js'
import type {Step} from './step.js'

export interface Named extends Connected {
  readonly mapping: NameMapping
}

/**
 * The endpoint's own name leads to 127.0.0.1, so that clients compare the certificate with it. Programs that know of no
 * tunnel would trust what sits at the database's own port there: so that port leads to the tunnel, too, or it is in good hands.
 */
export const mapName: Step<Connected, Named> = {
  title: 'Name',
  async run(before) {
    const {request, discovery, localEnd, hosts, record, ports, run} = before
    // What a killed run left there would lead others astray; but nothing of ours depends on it.
    await hosts.sweep().catch((error: unknown) => run.say.debug(`hosts file not swept: ${String(error)}`))
    const {host, port} = discovery.target.endpoint
    const {settings, takesAddress, command} = request
    const kind = databaseKind(discovery.target.databaseKind)
    const needsName = kind.takesAddress ? undefined : kind.label
    let ownPort: OwnPort | undefined
    const prepare = async (within: Run): Promise<OwnPort> =>
      (ownPort = await takeOwnPort(localEnd, {host, port, isWanted: settings.ownPort}, ports, within))
    const mapping = await map(host, {mode: settings.resolve, takesAddress, needsName, prepare}, hosts, run)
    if (mapping.via === 'hostaddr') return {...before, mapping}
    const say = (line: string): void => run.say.notice(line, command === 'open' ? undefined : 'client')
    const over = new AbortController()
    const changed = (nameLost: string | undefined): void => void record.note({nameLost})
    const keeping = keepMapped(host.toLowerCase(), {...ports, hosts, say, changed}, over.signal)
    // Before the line goes: nothing puts it back then.
    run.undo.push('watch of the hosts file', 'local', () => {
      over.abort()
      return keeping
    })
    if (!ownPort) return {...before, mapping}

    ownPort.watch((why) => {
      over.abort()
      say(`${why}. That line has been taken out.`)
      hosts.remove(host.toLowerCase()).catch((error: unknown) => say((error as Error).message))
    })
    const {holder} = ownPort
    const caveat =
      holder &&
      `Port ${port} on 127.0.0.1 is taken by ${holder}: programs that connect to ${host}:${port} reach that, and not this tunnel (port ${localEnd.port}).`
    return {...before, mapping: {...mapping, caveat}}
  },
  detail: ({mapping: {via}}) =>
    via === 'hosts' ? 'a line in the hosts file' : 'given to the client by address (hostaddr)',
}
