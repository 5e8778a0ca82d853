import {mapName as map, type NameMapping} from '../../hosts/map-name.js'
import type {Connected} from './connect.js'
import type {Step} from './step.js'

export interface Named extends Connected {
  readonly mapping: NameMapping
}

/** The endpoint's own name leads to the local port, so that clients compare the certificate with it. */
export const mapName: Step<Connected, Named> = {
  title: 'Name',
  async run(before) {
    const {request, discovery, hosts, run} = before
    // What a killed run left there would lead others astray; but nothing of ours depends on it.
    await hosts.sweep().catch((error: unknown) => run.say.debug(`hosts file not swept: ${String(error)}`))
    const options = {mode: request.settings.resolve, client: request.client}
    const mapping = await map(discovery.target.endpoint.host, options, hosts, run)
    return {...before, mapping}
  },
  detail: ({mapping: {via}}) =>
    via === 'hosts' ? 'a line in the hosts file' : 'given to the client by address (hostaddr)',
}
