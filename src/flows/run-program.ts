import type {Connection} from '../databases/connection.js'
import type {DatabaseKind} from '../databases/database-kind.js'
import {databaseKind} from '../databases/kind-of.js'
import {guardCaveat} from '../databases/session-limits.js'
import {checkKind} from '../clients/check-kind.js'
import {type Client, mayBeRefused} from '../clients/client.js'
import {exitStatus} from '../clients/run-client.js'
import type {AccountPorts} from '../core/ports/ports.js'
import type {ProcessEnd, ProcessSpec} from '../core/ports/process.js'
import type {Run} from '../core/run.js'
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
  /** What to type when its connection is lost, where a person sits before it. */
  readonly again?: string | undefined
  /** Its path. */
  readonly file: string
  /** Undefined for a program that is not known. */
  readonly client?: Client | undefined
  /** Its whole environment. */
  environment(kind: DatabaseKind, connection: Connection): Record<string, string>
  /** For `open` and `exec`, where the client may need the hosts file: the command that has the name in it. */
  readonly mappingCommand?: string | undefined
}

/** Whether it needs no line in the hosts file. Of a program that is not known, that is not known either. */
export function takesAddress({client}: Program): boolean {
  return client?.takesAddress ?? false
}

/** Checks that a program that is known can talk to a database; throws CLIENT_MISMATCH. */
export function fitFor({name, client}: Program): TunnelRequest['checkTarget'] {
  return (target) => checkKind(name, client, target)
}

/** How it is started and shown. */
export interface ProgramRun {
  /** Runs it to its end. */
  readonly start: (spec: Pick<ProcessSpec, 'file' | 'env'>, connection: Connection) => Promise<ProcessEnd>
  /** What holds for all databases of a run alike is told once. */
  readonly notice: (about: 'name' | 'own-port' | 'read-only', line: string) => void
}

/**
 * Runs a program through a tunnel: with what has to be said before, a watch over the session meanwhile, and afterwards the
 * likely reason, where its login was refused.
 */
export async function runProgram(
  program: Program,
  {name, settings, takesAddress: isEnoughForIt}: TunnelRequest,
  tunnel: Tunnel,
  ports: AccountPorts,
  {start, notice}: ProgramRun,
  run: Run,
): Promise<TunnelWork<number>> {
  const {mapping} = tunnel
  const {client} = program
  // Who asked for it knows.
  if (mapping.via === 'hostaddr' && settings.resolve === 'auto') {
    notice('name', isEnoughForIt ? mapping.why : unmappedNotice(mapping, program.mappingCommand))
  }
  if (mapping.via === 'hosts' && mapping.caveat !== undefined) notice('own-port', mapping.caveat)
  if (settings.readOnly && !isEnoughForIt) notice('read-only', guardCaveat(program.name))
  watchForClient(tunnel, program, ports, run)
  const connection = {target: spokenName(name), ...connectionOf(tunnel, settings)}
  const env = program.environment(databaseKind(tunnel.target.databaseKind), connection)
  const startedAt = ports.clock.now()
  const end = await start({file: program.file, env}, connection)
  if (client && mayBeRefused(client, end, ports.clock.now() - startedAt)) {
    await explainRefusal(program.file, tunnel, settings, ports, run)
  }
  const status = exitStatus(end)
  return {result: status, status}
}
