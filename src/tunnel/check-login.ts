import type {Connection} from '../databases/connection.js'
import type {DatabaseKind, LoginOutcome} from '../databases/database-kind.js'
import {clientEnvironment} from '../databases/environment.js'
import type {Ports} from '../core/ports/ports.js'

/** Longer than a client tries. */
const LIMIT_MS = 20_000

/** Logs in once through an open tunnel, and leaves. `file` is the kind's terminal client. */
export async function checkLogin(
  file: string,
  kind: DatabaseKind,
  connection: Connection,
  ports: Pick<Ports, 'process' | 'environment'>,
): Promise<LoginOutcome> {
  const {loginCheck} = kind
  const byAddress = {...connection, mapping: 'hostaddr'} as const
  const env = {...clientEnvironment(kind, ports.environment, byAddress), ...loginCheck.env}
  return loginCheck.read(await ports.process.finish({file, argv: loginCheck.argv, env}, LIMIT_MS))
}
