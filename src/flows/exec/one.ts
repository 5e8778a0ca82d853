import {runClient} from '../../clients/run-client.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Progress} from '../../core/ports/progress.js'
import {supervise} from '../../core/supervise.js'
import type {FlagValues} from '../../settings/read.js'
import {withTunnel} from '../../tunnel/with-tunnel.js'
import {approved} from '../request/approval.js'
import {prepareOne, signInToAll} from '../request/prepare.js'
import {readRequest} from '../request/read-request.js'
import {fitFor, runProgram, takesAddress} from '../run-program.js'
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
  return supervise(given, async (run) => {
    const typed = [...words, '--', ...command]
    const unapproved = await prepareOne(asked, {command: 'exec', typed}, given, run)
    await signInToAll([unapproved], run)
    const {ports, ...prepared} = await approved(unapproved, run)
    const wish = {...prepared, command: 'exec', takesAddress: takesAddress(program), checkTarget: fitFor(program)}
    return withTunnel(wish, ports, {progress}, run, (tunnel) =>
      runProgram(
        program,
        wish,
        tunnel,
        ports,
        {
          start: (spec) => runClient({spec: {...spec, name, argv}, signals: 'all'}, ports, run),
          notice: (_, line) => run.say.notice(line),
        },
        run,
      ),
    )
  })
}
