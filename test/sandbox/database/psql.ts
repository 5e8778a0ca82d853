import {spawn} from 'node:child_process'
import {text} from 'node:stream/consumers'
import {type Readable} from 'node:stream'
import {type SandboxDatabase} from './database.js'
import {type Endpoint} from './endpoint.js'

export interface PsqlOptions {
  readonly endpoint: Endpoint
  readonly user?: string
  readonly password?: string
  readonly sql?: string
  /** Further connection settings, over verify-full and the sandbox's authority. */
  readonly settings?: Record<string, string | number>
  readonly environment?: Record<string, string>
  readonly input?: string | Readable
  readonly onStart?: (signal: (name: NodeJS.Signals) => void) => void
}

export interface PsqlResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real psql against an endpoint's front, the way dbtunnel would. */
export async function psql(database: SandboxDatabase, options: PsqlOptions): Promise<PsqlResult> {
  const {endpoint, user = 'alice', sql = 'select 1', settings, environment, input = ''} = options
  const conninfo = Object.entries({
    host: endpoint.host,
    hostaddr: '127.0.0.1',
    port: (await database.portOf(endpoint.host, endpoint.port)) ?? 0,
    user,
    dbname: endpoint.databaseName,
    sslmode: 'verify-full',
    sslrootcert: database.caFile,
    ...settings,
  })
  const child = spawn(
    'psql',
    ['-XAtqw', '-v', 'ON_ERROR_STOP=1', '-c', sql, conninfo.map(([name, value]) => `${name}='${value}'`).join(' ')],
    {env: {PATH: process.env.PATH, HOME: '/nonexistent', PGPASSWORD: options.password ?? '', ...environment}},
  )
  if (typeof input === 'string') child.stdin.end(input)
  else input.pipe(child.stdin)
  child.stdin.on('error', () => {})
  options.onStart?.((name) => child.kill(name))
  const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject))
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return {status, stdout: stdout.trimEnd(), stderr}
}
