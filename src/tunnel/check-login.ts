import {clientEnvironment, type Connection} from '../databases/postgres/environment.js'
import {
  LOGIN_CHECK_ARGUMENTS,
  LOGIN_CHECK_ENVIRONMENT,
  type LoginOutcome,
  readLoginCheck,
} from '../databases/postgres/login-check.js'
import type {Ports} from '../core/ports/ports.js'

/** Longer than libpq tries. */
const LIMIT_MS = 20_000

/** Logs in once as psql does, through an open tunnel, and leaves. `file` is psql's. */
export async function checkLogin(
  file: string,
  connection: Connection,
  ports: Pick<Ports, 'process' | 'environment'>,
): Promise<LoginOutcome> {
  const env = {
    ...clientEnvironment(ports.environment, {...connection, mapping: 'hostaddr'}),
    ...LOGIN_CHECK_ENVIRONMENT,
  }
  return readLoginCheck(await ports.process.finish({file, argv: LOGIN_CHECK_ARGUMENTS, env}, LIMIT_MS))
}
