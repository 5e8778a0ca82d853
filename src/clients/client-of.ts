import {basename} from 'node:path'
import type {Client, ClientWithTerminal, TerminalClient} from './client.js'
import {clients} from './kinds.js'

/** Those with a prompt, and a command of their own. */
export const terminalClients: readonly ClientWithTerminal[] = clients.filter(hasTerminal)

/** The client that a program is, as it was typed; undefined for one that is not known. */
export function clientOf(program: string): Client | undefined {
  return clients.find(({programs}) => programs.includes(basename(program)))
}

/** The terminal client for a kind of database. */
export async function terminalFor(databaseKind: string): Promise<TerminalClient> {
  const found = terminalClients.find(({databases}) => databases.includes(databaseKind))
  if (!found) throw new Error(`No client connects to a ${databaseKind} database.`)
  return found.terminal.load()
}

function hasTerminal(client: Client): client is ClientWithTerminal {
  return client.terminal !== undefined
}
