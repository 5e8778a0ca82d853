import {spawnSync} from 'node:child_process'
import {createRequire} from 'node:module'
import {describe, expect, it} from 'vitest'
import {type Sandbox} from '../sandbox/sandbox.js'
import {run} from '../support/dbtunnel.js'
import {isRoot} from '../support/other-user.js'
import {sandboxOfFile} from '../support/sandbox-of-file.js'

// Drivers that are not libpq look the endpoint's name up in the hosts file, which only root may write.

let sandbox: Sandbox
sandboxOfFile((started) => (sandbox = started))

const QUERY = "select current_user || ' ' || current_setting('default_transaction_read_only')"
/** Debian's own, which finds Debian's packages. */
const PYTHON = '/usr/bin/python3'

const pg = createRequire(import.meta.url).resolve('pg')
const node = (connect: string): readonly string[] => [
  process.execPath,
  '-e',
  `const {Client} = require(${JSON.stringify(pg)})
   const client = new Client(${connect})
   client.connect().then(() => client.query({text: process.argv[1], rowMode: 'array'}))
     .then(({rows}) => { console.log(rows[0][0]); return client.end() })
     .catch((error) => { console.error(error.message); process.exit(1) })`,
  QUERY,
]
const asyncpg = (url: string): readonly string[] => [
  PYTHON,
  '-c',
  `import asyncio, asyncpg, os, sys
async def main():
  connection = await asyncpg.connect(${url})
  print(await connection.fetchval(sys.argv[1]))
asyncio.run(main())`,
  QUERY,
]
const psycopg = (url: string): readonly string[] => [
  PYTHON,
  '-c',
  `import os, psycopg, sys\nprint(psycopg.connect(${url}).execute(sys.argv[1]).fetchone()[0])`,
  QUERY,
]

function has(module: string): boolean {
  return spawnSync(PYTHON, ['-c', `import ${module}`]).status === 0
}

async function exec(command: readonly string[], ...flags: readonly string[]) {
  const {status, stdout} = await run(['exec', 'prod-db', '--quiet', ...flags, '--', ...command], {env: sandbox.env()})
  return {status, stdout}
}

describe.runIf(isRoot && process.platform === 'linux')('exec X -- a program whose driver is', () => {
  it('node-postgres, by DBTUNNEL_URL', async () => {
    expect(await exec(node('process.env.DBTUNNEL_URL'))).toEqual({status: 0, stdout: 'alice off\n'})
    expect(await exec(node('process.env.DBTUNNEL_URL'), '--read-only')).toMatchObject({stdout: 'alice on\n'})
  })

  describe.skipIf(!has('asyncpg'))(
    'asyncpg, which fails at files that are not there, and at "\\:" in a passfile',
    () => {
      it.each([
        ['by the environment', ''],
        ['by DBTUNNEL_URL', 'os.environ["DBTUNNEL_URL"]'],
      ])('%s', async (_, url) => {
        expect(await exec(asyncpg(url))).toEqual({status: 0, stdout: 'alice off\n'})
      })

      it('read-only, by DBTUNNEL_URL', async () => {
        expect(await exec(asyncpg('os.environ["DBTUNNEL_URL"]'), '--read-only')).toMatchObject({stdout: 'alice on\n'})
      })
    },
  )

  it.skipIf(!has('psycopg')).each([
    ['by the environment', '""'],
    ['by DBTUNNEL_URL', 'os.environ["DBTUNNEL_URL"]'],
  ])('psycopg, %s', async (_, url) => {
    expect(await exec(psycopg(url))).toEqual({status: 0, stdout: 'alice off\n'})
  })
})
