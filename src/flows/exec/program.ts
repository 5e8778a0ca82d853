import {basename} from 'node:path'
import type {Ports} from '../../core/ports/ports.js'
import {programEnvironment} from '../../databases/postgres/environment.js'
import {isLibpqClient} from '../../databases/postgres/programs.js'
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
    client: isLibpqClient(name) ? 'libpq' : 'any',
    isPsql: basename(name) === 'psql',
    environment: (connection) => programEnvironment(environment, connection),
    mappingCommand: mappingCommand('exec', words, command),
  }
}
