import {readPsqlArguments} from '../clients/psql/arguments.js'
import {findPsql} from '../clients/psql/find.js'
import {hasPrompt, promptWords} from '../clients/psql/prompt.js'
import {runClient} from '../clients/run-client.js'
import type {Ports} from '../core/ports/ports.js'
import type {Progress} from '../core/ports/progress.js'
import {supervise} from '../core/supervise.js'
import {clientEnvironment} from '../databases/postgres/environment.js'
import type {FlagValues} from '../settings/read.js'
import {spokenName} from '../targets/parse-target.js'
import {withTunnel} from '../tunnel/with-tunnel.js'
import {approved} from './request/approval.js'
import {prepareOne, signInToAll} from './request/prepare.js'
import {readRequest} from './request/read-request.js'
import {type Program, runProgram} from './run-program.js'

export interface PsqlRequest {
  readonly target: string
  readonly flags: FlagValues
  /** psql's own words, in order. */
  readonly words: readonly string[]
  /** All words behind `psql`, for a line to type again. */
  readonly typed: readonly string[]
}

/**
 * Opens a tunnel, runs psql through it and undoes everything. Returns psql's
 * status. Rejects, before any AWS call where possible, with what the stages reject with.
 */
export async function psql(request: PsqlRequest, given: Ports, progress: Progress): Promise<number> {
  const {flags, target, words, typed} = request
  const {argv, ...login} = readPsqlArguments(words, {user: flags.user, database: flags.database})
  const asked = await readRequest({target, flags: {...flags, ...login}}, given.sources)
  const program: Program = {
    name: 'psql',
    file: await findPsql(given.process, given.files, given.platform),
    client: 'libpq',
    isPsql: true,
    // Always by the address: what others do to the name or its own port is nothing to it then.
    environment: (connection) => clientEnvironment(given.environment, {...connection, mapping: 'hostaddr'}),
  }
  return supervise(given, async (run) => {
    const unapproved = await prepareOne(asked, {command: 'psql', typed}, given, run)
    await signInToAll([unapproved], run)
    const {ports, ...prepared} = await approved(unapproved, run)
    const wish = {...prepared, command: 'psql', client: program.client} as const
    return withTunnel(wish, ports, {progress}, run, (tunnel) => {
      const hasOne = ports.person.isInteractive && hasPrompt(argv)
      const prompt = hasOne ? promptWords(spokenName(wish.name), wish.settings) : []
      return runProgram(
        program,
        wish,
        tunnel,
        ports,
        {
          start: (spec) => runClient({spec: {...spec, argv: [...prompt, ...argv]}, signals: 'keys'}, ports, run),
          notice: (_, line) => run.say.notice(line),
        },
        run,
      )
    })
  })
}
