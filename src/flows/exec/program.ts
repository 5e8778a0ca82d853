import type {Ports} from '../../core/ports/ports.js'
import {clientOf} from '../../clients/client-of.js'
import {programEnvironment} from '../../databases/environment.js'
import {mappingCommand} from '../../hosts/retry-command.js'
import type {Program} from '../run-program.js'

/**
 * The program that `exec` is to run. `words` are dbtunnel's own, `command` the program's name and its words. Rejects with
 * CLIENT_MISSING or CLIENT_UNRUNNABLE.
 */
export async function locateProgram(
  words: readonly string[],
  command: readonly [string, ...string[]],
  {process, environment}: Pick<Ports, 'process' | 'environment'>,
): Promise<Program> {
  const [name] = command
  return {
    name,
    file: await process.locate(name),
    client: clientOf(name),
    environment: (kind, connection) => programEnvironment(kind, environment, connection),
    mappingCommand: mappingCommand('exec', words, command),
  }
}
