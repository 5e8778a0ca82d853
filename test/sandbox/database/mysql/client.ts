import {spawn} from 'node:child_process'
import {text} from 'node:stream/consumers'

export interface MariadbOptions {
  readonly port: number
  /** Its certificate's name is compared with this one, which leads to 127.0.0.1. */
  readonly host?: string
  readonly user?: string
  readonly database?: string
  readonly password: string
  readonly sql: string
  /** PEM; without it, the client takes any certificate, and no TLS, too. */
  readonly caFile?: string
  readonly options?: readonly string[]
  readonly onStart?: (signal: (name: NodeJS.Signals) => void) => void
}

export interface MariadbResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real client of MariaDB, which takes no settings but these. */
export async function mariadb(given: MariadbOptions): Promise<MariadbResult> {
  const {port, host = 'localhost', user = 'alice', database, password, sql, caFile, options = [], onStart} = given
  const child = spawn(
    'mariadb',
    [
      ...['--no-defaults', '--protocol=tcp', '--batch', '--skip-column-names'],
      ...[`--host=${host}`, `--port=${port}`, `--user=${user}`, `--execute=${sql}`],
      ...(caFile === undefined ? [] : [`--ssl-ca=${caFile}`, '--ssl-verify-server-cert']),
      ...options,
      ...(database === undefined ? [] : [database]),
    ],
    {env: {PATH: process.env['PATH'], HOME: '/nonexistent', MYSQL_PWD: password}, stdio: ['ignore', 'pipe', 'pipe']},
  )
  onStart?.((name) => child.kill(name))
  const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject))
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return {status, stdout: stdout.trimEnd(), stderr}
}
