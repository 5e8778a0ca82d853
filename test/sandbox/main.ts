import {mkdtemp, rm, symlink} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {startSandbox} from './sandbox.js'

// `npm run sandbox`: keeps the sandbox up and prints what a shell needs to reach it.

const ended = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
})
process.stdout.on('error', () => {})

const sandbox = await startSandbox()
const bin = await mkdtemp(join(tmpdir(), 'dbtunnel-bin-'))
try {
  await symlink(fileURLToPath(new URL('../../bin/run.js', import.meta.url)), join(bin, 'dbtunnel'))
  const variables = Object.entries(sandbox.env()).filter(([name]) => /^(AWS|DBTUNNEL)_/.test(name))
  const lines = [
    '# Paste these lines into another shell, then: dbtunnel psql prod-db. Ctrl-C here ends the sandbox.',
    'unset AWS_PROFILE AWS_DEFAULT_PROFILE',
    ...variables.map(([name, value]) => `export ${name}=${quote(value)}`),
    `export PATH=${quote(bin)}:"$PATH"`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  await ended
} finally {
  await Promise.all([rm(bin, {recursive: true, force: true}), sandbox.close()])
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
