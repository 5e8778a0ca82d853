import type {Connection} from '../databases/postgres/environment.js'
import {guardCaveat} from '../databases/postgres/guard-rails.js'
import {mayBeRefused} from '../databases/postgres/refused-login.js'
import {statusOf} from '../clients/run-client.js'
import type {AccountPorts} from '../core/ports/ports.js'
import type {ProcessEnd, ProcessSpec} from '../core/ports/process.js'
import type {Run} from '../core/run.js'
import type {NameOptions} from '../hosts/map-name.js'
import {unmappedNotice} from '../hosts/retry-command.js'
import {spokenName} from '../targets/parse-target.js'
import {explainRefusal} from '../tunnel/explain-refusal.js'
import {connectionOf, type Tunnel, type TunnelRequest} from '../tunnel/tunnel.js'
import {watchForClient} from '../tunnel/watch-for-client.js'
import type {TunnelWork} from '../tunnel/with-tunnel.js'

/** A program that is to connect to a database. */
export interface Program {
  /** As it was typed. */
  readonly name: string
  /** Its path. */
  readonly file: string
  readonly client: NameOptions['client']
  /** Whether its status 2 means that it had no connection, as psql's does. Of other programs that is not known. */
  readonly isPsql: boolean
  /** Its whole environment. */
  environment(connection: Connection): Record<string, string>
  /** For `open` and `exec`, where the client may need the hosts file: the command that has the name in it. */
  readonly mappingCommand?: string | undefined
}

/** How it is started and shown. */
export interface ProgramRun {
  /** Runs it to its end. */
  readonly start: (spec: Pick<ProcessSpec, 'file' | 'env'>) => Promise<ProcessEnd>
  /** What holds for all databases of a run alike is told once. */
  readonly notice: (about: 'name' | 'own-port' | 'read-only', line: string) => void
}

/**
 * Runs a program through a tunnel: with what has to be said before, a watch over the session meanwhile, and afterwards the
 * likely reason, where its login was refused.
 */
export async function runProgram(
  program: Program,
  {name, settings}: TunnelRequest,
  tunnel: Tunnel,
  ports: AccountPorts,
  {start, notice}: ProgramRun,
  run: Run,
): Promise<TunnelWork<number>> {
  const {mapping} = tunnel
  // Who asked for it knows.
  if (mapping.via === 'hostaddr' && settings.resolve === 'auto') {
    notice('name', program.client === 'libpq' ? mapping.why : unmappedNotice(mapping, program.mappingCommand))
  }
  if (mapping.via === 'hosts' && mapping.caveat !== undefined) notice('own-port', mapping.caveat)
  if (settings.readOnly && program.client === 'any') notice('read-only', guardCaveat(program.name))
  watchForClient(tunnel, program.name, ports, run)
  const env = program.environment({target: spokenName(name), ...connectionOf(tunnel, settings)})
  const startedAt = ports.clock.now()
  const end = await start({file: program.file, env})
  if (program.isPsql && mayBeRefused(end, ports.clock.now() - startedAt)) {
    await explainRefusal(program.file, tunnel, settings, ports, run)
  }
  return {result: statusOf(end), status: statusOf(end)}
}
