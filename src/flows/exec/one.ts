import {runClient} from '../../clients/run-client.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Progress} from '../../core/ports/progress.js'
import type {FlagValues} from '../../settings/read.js'
import {readRequest} from '../request/read-request.js'
import {runOne} from '../run-one.js'
import {locateProgram} from './program.js'

export interface ExecRequest {
  readonly target: string
  readonly flags: FlagValues
  /** The program's name, and its words. */
  readonly command: readonly [string, ...string[]]
  /** dbtunnel's own words, for a command to type again. */
  readonly words: readonly string[]
}

/**
 * Opens a tunnel, runs any program with the way to it in its environment, and undoes everything. Returns the program's
 * status. Rejects, before any AWS call where possible, with what the stages reject with.
 */
export async function exec(
  {target, flags, command, words}: ExecRequest,
  given: Ports,
  progress: Progress,
): Promise<number> {
  const [name, ...argv] = command
  const asked = await readRequest({target, flags}, given.sources)
  const program = await locateProgram(words, command, given)
  const typed = [...words, '--', ...command]
  return runOne(program, asked, {command: 'exec', typed}, given, progress, (spec, {ports, run}) =>
    runClient({spec: {...spec, name, argv}, signals: 'all'}, ports, run),
  )
}
