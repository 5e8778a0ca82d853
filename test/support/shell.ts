import {spawn} from 'node:child_process'
import {type Ended, PROGRAM} from './dbtunnel.js'

/** Runs a line of bash in which `"$@"` is dbtunnel with these words. */
export function inBash(line: string, words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const argv = ['--norc', '-c', line, 'bash', process.execPath, PROGRAM, ...words]
  const child = spawn('bash', argv, {env, stdio: ['ignore', 'pipe', 'pipe']})
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => resolve({status, signal, stdout, stderr}))
  })
}
