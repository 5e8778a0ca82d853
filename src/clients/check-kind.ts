import {fail} from '../core/errors.js'
import {shellLine} from '../core/text/shell-line.js'
import {databaseKind} from '../databases/kind-of.js'
import type {Client} from './client.js'
import {terminalClients} from './client-of.js'

/**
 * Throws CLIENT_MISMATCH where a client cannot talk to this kind of database, and names the client that can. `program` is
 * the client as it was typed, `target` what its database is called and the id of its kind. What is not known to be a client
 * may be right for any database.
 */
export function checkKind(
  program: string,
  client: Client | undefined,
  target: {readonly name: string; readonly databaseKind: string},
): void {
  if (!client || client.databases.includes(target.databaseKind)) return
  const {label} = databaseKind(target.databaseKind)
  const others = client.databases.map((id) => databaseKind(id).label).join(', ')
  const fit = terminalClients.find(({databases}) => databases.includes(target.databaseKind))
  const words = fit ? [fit.id, target.name] : ['exec', target.name, '--', 'COMMAND']
  throw fail('CLIENT_MISMATCH', `${target.name} is a ${label} database, and ${program} is a client for ${others}.`, {
    hint: `Use a client for ${label}: ${shellLine(['dbtunnel', ...words])}`,
  })
}
