import type {ClientWithTerminal, FindPorts} from '../../../clients/client.js'
import {terminalClients} from '../../../clients/client-of.js'
import {hasCode} from '../../../core/errors.js'
import {databaseKind} from '../../../databases/kind-of.js'
import {withoutAwsSecrets} from '../../../databases/environment.js'
import {type Hop, ok} from '../hop.js'

/** One for each client with a prompt. That one is missing counts as a failure where there is no other. */
export const clientHops: readonly Hop[] = terminalClients.map((client) => ({
  id: client.id,
  title: client.id,
  ofTarget: false,
  needs: [],
  async check(_found, _request, ports) {
    const {process, environment} = ports
    const terminal = await client.terminal.load()
    try {
      const file = await terminal.find(ports)
      return ok(`${await terminal.version(file, process, withoutAwsSecrets(environment))} (${file})`)
    } catch (error) {
      if (!hasCode(error, 'CLIENT_MISSING') || !(await isThereAnother(client, ports))) throw error
      const labels = client.databases.map((id) => databaseKind(id).label).join(', ')
      const detail = `${error.message} For other databases than ${labels} it is not needed.`
      return {status: 'warn', detail, hint: error.hint, found: undefined}
    }
  },
}))

async function isThereAnother(client: ClientWithTerminal, ports: FindPorts): Promise<boolean> {
  for (const other of terminalClients) {
    if (other === client) continue
    const terminal = await other.terminal.load()
    const isThere = await terminal.find(ports).then(
      () => true,
      () => false,
    )
    if (isThere) return true
  }
  return false
}
