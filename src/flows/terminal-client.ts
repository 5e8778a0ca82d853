import type {ClientWithTerminal} from '../clients/client.js'
import {exitStatus, runClient} from '../clients/run-client.js'
import type {Ports} from '../core/ports/ports.js'
import type {Progress} from '../core/ports/progress.js'
import {shellLine} from '../core/text/shell-line.js'
import {supervise} from '../core/supervise.js'
import {clientEnvironment, withoutAwsSecrets} from '../databases/environment.js'
import type {FlagValues} from '../settings/read.js'
import {readRequest} from './request/read-request.js'
import {runOne} from './run-one.js'
import type {Program} from './run-program.js'

export interface TerminalRequest {
  readonly target: string
  readonly flags: FlagValues
  /** The client's own words, in order. */
  readonly words: readonly string[]
  /** All words behind the name of the command, for a line to type again. */
  readonly typed: readonly string[]
}

/**
 * Opens a tunnel, runs a client with a prompt through it and undoes everything. Returns the client's
 * status. Rejects, before any AWS call where possible, with what the stages reject with.
 */
export async function runTerminalClient(
  client: ClientWithTerminal,
  request: TerminalRequest,
  given: Ports,
  progress: Progress,
): Promise<number> {
  const {flags, target, words, typed} = request
  const {id: command, takesAddress} = client
  const terminal = await client.terminal.load()
  if (terminal.isAboutItself(words)) return runAlone(await terminal.find(given), words, given)
  const {argv, ...login} = terminal.read(words, {user: flags.user, database: flags.database})
  const asked = await readRequest({target, flags: {...flags, ...login}}, given.sources)
  const program: Program = {
    name: command,
    again: given.person.isInteractive ? `Type \\q, then: ${shellLine(['dbtunnel', command, target])}` : undefined,
    file: await terminal.find(given),
    client,
    // By the address where it takes one: what others do to the name or its own port is nothing to it then.
    environment: (kind, connection) =>
      clientEnvironment(kind, given.environment, takesAddress ? {...connection, mapping: 'hostaddr'} : connection),
  }
  return runOne(program, asked, {command, typed}, given, progress, (spec, means) => {
    const {connection, production, ports, run} = means
    const person = {isInteractive: ports.person.isInteractive, production}
    const whole = {...spec, argv: terminal.argv(argv, connection, person)}
    return runClient({spec: whole, signals: 'keys'}, ports, run)
  })
}

/** Without a connection. */
function runAlone(file: string, argv: readonly string[], ports: Ports): Promise<number> {
  const spec = {file, argv, env: withoutAwsSecrets(ports.environment)}
  return supervise(ports, async (run) => exitStatus(await runClient({spec, signals: 'keys'}, ports, run)))
}
