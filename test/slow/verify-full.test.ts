import {execFile} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const PROGRAM = fileURLToPath(new URL('../support/psql-without-probe.ts', import.meta.url))

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

function psqlWithoutProbe(): Promise<{status: number; stdout: string; stderr: string}> {
  const argv = ['--import', import.meta.resolve('tsx'), PROGRAM, 'prod-db', '-Atc', 'select 1']
  return new Promise((resolve) => {
    execFile(process.execPath, argv, {env: sandbox.env()}, (error, stdout, stderr) => {
      resolve({status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr})
    })
  })
}

it('without the probe, the honest database is still reached', async () => {
  expect(await psqlWithoutProbe()).toMatchObject({status: 0, stdout: '1\n'})
})

it.each(['other-name', 'other-authority', 'no-tls'] as const)(
  'without the probe, psql itself refuses an impostor (%s), which sees no password',
  async (mode) => {
    sandbox.database.setMode(HOST, mode)
    const {status, stdout, stderr} = await psqlWithoutProbe()
    expect({status, stdout}).toEqual({status: 2, stdout: ''})
    expect(stderr).toMatch(/certificate|does not support SSL/)
    expect(sandbox.database.impostorSaw()).toEqual([])
  },
)
