import {spawn} from 'node:child_process'
import {type Ended, PROGRAM} from './dbtunnel.js'

type Env = Readonly<Record<string, string>>

/** Runs a line of bash in which `"$@"` is dbtunnel with these words. */
export function inBash(line: string, words: readonly string[], env: Env): Promise<Ended> {
  return ended('bash', ['--norc', '-c', line, 'bash', process.execPath, PROGRAM, ...words], env)
}

/** Runs a script of the plainest shell, with nothing to read. */
export function inShell(script: string, env: Env): Promise<Ended> {
  return ended('sh', ['-c', script], env)
}

function ended(file: string, argv: readonly string[], env: Env): Promise<Ended> {
  const child = spawn(file, argv, {env, stdio: ['ignore', 'pipe', 'pipe']})
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => resolve({status, signal, stdout, stderr}))
  })
}
