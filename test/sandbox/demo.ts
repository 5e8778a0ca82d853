import {spawn} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {startSandbox} from './sandbox.js'

const ROOT = new URL('../..', import.meta.url).pathname
const HOSTS = '/etc/hosts'
const QUERY =
  'select current_user as "user", current_database() as database, ' +
  "current_setting('sandbox.tls_version') as tls, current_setting('sandbox.server_name') as endpoint"

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Runs the main job on the sandbox, as a user would; the status is dbtunnel's own. */
async function demo(): Promise<number> {
  const interactive = Boolean(process.stdin.isTTY && process.stdout.isTTY)
  const words = ['psql', 'prod-db', ...(interactive ? [] : ['-c', QUERY])]
  say('Starting the sandbox: AWS on loopback, with a real PostgreSQL behind it.')
  const before = ourLines()
  const sandbox = await startSandbox()
  try {
    say(`Now dbtunnel does its whole job${interactive ? ' (\\conninfo shows the connection, \\q leaves)' : ''}:\n`)
    say(`$ dbtunnel ${interactive ? 'psql prod-db' : `psql prod-db -c '${QUERY.slice(0, 36)}…'`}`)
    const env = {...sandbox.env(), TERM: process.env['TERM'] ?? 'dumb'}
    const status = await run(words, env)
    // Others may write this file meanwhile.
    const same = ourLines() === before
    const open = sandbox.sessions.open().length
    say(`\nAfterwards: lines of dbtunnel in ${HOSTS}: ${same ? 'as before' : 'MORE'}, sessions open at AWS: ${open}.`)
    return status === 0 && (!same || open > 0) ? 1 : status
  } finally {
    await sandbox.close()
  }
}

function ourLines(): string {
  const lines = readFileSync(HOSTS, 'utf8').split('\n')
  return lines.filter((line) => line.includes('dbtunnel')).join('\n')
}

function run(words: readonly string[], env: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/run.js'), ...words], {env, stdio: 'inherit'})
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

// The terminal's Ctrl-C is psql's; the sandbox goes when dbtunnel has ended.
process.on('SIGINT', () => {})
process.on('SIGQUIT', () => {})
process.exitCode = await demo()
