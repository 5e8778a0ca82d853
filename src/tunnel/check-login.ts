import type {Connection} from '../databases/connection.js'
import type {DatabaseKind, LoginCheck, LoginOutcome} from '../databases/database-kind.js'
import {clientEnvironment} from '../databases/environment.js'
import type {Ports} from '../core/ports/ports.js'

/** Longer than a client tries. */
const LIMIT_MS = 20_000

/** What asks IAM in the database's place is slow now and then: it says no, and yes two seconds later. */
const AGAIN_AFTER_MS = 2000

/**
 * Logs in once through an open tunnel, and leaves; a second time where IAM was said to refuse. `file` is the kind's terminal
 * client.
 */
export async function checkLogin(
  file: string,
  kind: DatabaseKind,
  check: LoginCheck,
  connection: Connection,
  ports: Pick<Ports, 'process' | 'environment' | 'clock'>,
  signal: AbortSignal,
): Promise<LoginOutcome> {
  const byAddress = {...connection, mapping: 'hostaddr'} as const
  const env = {...clientEnvironment(kind, ports.environment, byAddress), ...check.env}
  const tryOnce = async (): Promise<LoginOutcome> =>
    check.read(await ports.process.finish({file, argv: check.argv, env}, LIMIT_MS))
  const first = await tryOnce()
  if (first.kind !== 'refused-by-iam') return first
  await ports.clock.sleep(AGAIN_AFTER_MS, signal)
  const second = await tryOnce()
  return second.kind === 'in' ? {...second, atSecondTry: true} : second
}
