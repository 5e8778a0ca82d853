import {spawn} from 'node:child_process'
import type {Ended} from './dbtunnel.js'
import {until} from './until.js'

/** psql in another shell, logged in and waiting for what its user types. */
export interface LivePsql {
  /** Runs one statement; resolves to its one line of output. */
  ask(sql: string): Promise<string>
  /** Types, and waits for nothing. */
  type(sql: string): void
  quit(): Promise<Ended>
  readonly ended: Promise<Ended>
}

/** Pastes the lines of `open` and starts psql. */
export function livePsql(lines: string): LivePsql {
  const env = {PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', PSQLRC: '/dev/null', PGCONNECT_TIMEOUT: '30'}
  const child = spawn('bash', ['-c', `${lines}\nexec psql -w -At`], {env, stdio: 'pipe'})
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {})
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => resolve({status, signal, stdout, stderr}))
  })
  const type = (sql: string): void => void child.stdin.write(`${sql};\n`)
  return {
    ended,
    type,
    async ask(sql) {
      const before = stdout.length
      type(sql)
      return until(`the answer to ${sql}; stderr: ${stderr}`, () => /^(.*)\n/.exec(stdout.slice(before))?.[1])
    },
    quit() {
      child.stdin.end('\\q\n')
      return ended
    },
  }
}
