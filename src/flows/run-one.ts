import type {AccountPorts, Ports} from '../core/ports/ports.js'
import type {ProcessEnd, ProcessSpec} from '../core/ports/process.js'
import type {Progress} from '../core/ports/progress.js'
import type {Run} from '../core/run.js'
import {supervise} from '../core/supervise.js'
import type {Connection} from '../databases/connection.js'
import {withTunnel} from '../tunnel/with-tunnel.js'
import {approved} from './request/approval.js'
import {prepareOne, signInToAll} from './request/prepare.js'
import type {TargetRequest} from './request/read-request.js'
import {fitFor, type Program, runProgram, takesAddress} from './run-program.js'

/** Runs the program itself to its end. */
export type StartProgram = (spec: Pick<ProcessSpec, 'file' | 'env'>, means: StartMeans) => Promise<ProcessEnd>

export interface StartMeans {
  readonly connection: Connection
  /** Whether the database is called production. */
  readonly production: boolean
  readonly ports: AccountPorts
  readonly run: Run
}

/**
 * Opens a tunnel to one database, runs a program through it and undoes everything. Returns the program's status. Rejects,
 * before any AWS call where possible, with what the stages reject with. `typed`: for a line to type again.
 */
export function runOne(
  program: Program,
  asked: TargetRequest,
  {command, typed}: {readonly command: string; readonly typed: readonly string[]},
  given: Ports,
  progress: Progress,
  start: StartProgram,
): Promise<number> {
  return supervise(given, async (run) => {
    const unapproved = await prepareOne(asked, {command, typed}, given, run)
    await signInToAll([unapproved], run)
    const {ports, ...prepared} = await approved(unapproved, run)
    const wish = {...prepared, command, takesAddress: takesAddress(program), checkTarget: fitFor(program)}
    const {production} = prepared.settings
    return withTunnel(wish, ports, {progress}, run, (tunnel) =>
      runProgram(
        program,
        wish,
        tunnel,
        ports,
        {
          start: (spec, connection) => start(spec, {connection, production, ports, run}),
          notice: (_, line) => run.say.notice(line),
        },
        run,
      ),
    )
  })
}
