import {execFile, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {chmod, mkdtemp, readdir, rm, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {type SandboxDatabase, startDatabase} from './database.js'
import {optionsFor, otherPort, prod, tokenFor} from './fixture.js'
import {psql} from './psql.js'
import {message, Wire} from './wire.js'

let folder: string
let database: SandboxDatabase | undefined

beforeEach(async () => {
  // PostgreSQL takes a list of socket folders, which a comma would part.
  folder = await mkdtemp('/tmp/dbtunnel test, with a comma ')
  await chmod(folder, 0o755)
  database = undefined
})

afterEach(async () => {
  await database?.close()
  await rm(folder, {recursive: true})
})

describe('a database', {timeout: 30_000}, () => {
  it('leaves no process, no port and no file', async () => {
    database = await startDatabase({...optionsFor([prod, otherPort]), folder})
    const port = (await database.portOf(prod.host, prod.port)) ?? 0
    const client = await Wire.openTls(port)
    await client.logIn('alice', 'app', tokenFor())
    expect(await readdir(folder)).toHaveLength(1)
    const processes = await descendants()
    expect(processes.length).toBeGreaterThan(2)
    // PostgreSQL's files are never root's, whoever started it.
    expect((await stat(join(dirname(database.caFile), 'run', '.s.PGSQL.5432'))).uid).not.toBe(0)

    await database.close()
    expect(await readdir(folder)).toEqual([])
    expect(processes.filter(isAlive)).toEqual([])
    await expect(Wire.open(port)).rejects.toThrow('ECONNREFUSED')
  })

  it('comes back with its data at the same ports, every connection reset', async () => {
    database = await startDatabase({...optionsFor([prod]), folder})
    const port = (await database.portOf(prod.host, prod.port)) ?? 0
    const client = await Wire.openTls(port)
    await client.logIn('alice', 'app', tokenFor())
    client.write(message('Q', 'select pg_sleep(60)'))
    await database.query('create table kept as select 42 as answer', 'app')
    await database.query('grant select on kept to public', 'app')

    const cut = once(client.stream, 'error')
    await database.stop()
    expect(await cut).toMatchObject([{code: 'ECONNRESET'}])
    const during = await psql(database, {endpoint: prod, password: tokenFor()})
    expect(during).toMatchObject({status: 2, stdout: ''})

    await database.restart()
    expect(await database.portOf(prod.host, prod.port)).toBe(port)
    const after = await psql(database, {endpoint: prod, password: tokenFor(), sql: 'table kept'})
    expect(after).toMatchObject({status: 0, stdout: '42'})
  })

  it('runs two side by side', async () => {
    database = await startDatabase({...optionsFor([prod]), folder})
    const second = await startDatabase({...optionsFor([prod]), folder})
    await second.query('create table only_here ()')
    await expect(database.query('table only_here')).rejects.toThrow('relation "only_here" does not exist')
    await second.close()
    expect(await database.query('select 1, null, true')).toEqual([['1', null, 't']])
    expect(await database.query('select current_database()', 'app')).toEqual([['app']])
  })

  it('says why it cannot start, and leaves nothing', async () => {
    process.env['DBTUNNEL_SANDBOX_PG_BIN'] = join(folder, 'nowhere')
    try {
      await expect(startDatabase({...optionsFor([prod]), folder})).rejects.toThrow(/^initdb: spawn .*nowhere/)
    } finally {
      delete process.env['DBTUNNEL_SANDBOX_PG_BIN']
    }
    expect(await readdir(folder)).toEqual([])
  })

  it('dies with the process that started it, however that died', async () => {
    const main = fileURLToPath(new URL('lone-owner.ts', import.meta.url))
    const owner = spawn(process.execPath, ['--import', 'tsx', main], {stdio: ['ignore', 'pipe', 'inherit']})
    const [line] = (await once(createInterface({input: owner.stdout}), 'line')) as [string]
    const {caFile} = JSON.parse(line) as {caFile: string}
    const processes = await descendants(owner.pid)
    expect(processes.length).toBeGreaterThan(2)

    owner.kill('SIGKILL')
    while (existsSync(dirname(caFile)) || processes.some(isAlive)) await sleep(20)
  })
})

/** The processes that a process has started, and those that they started. */
async function descendants(of = process.pid): Promise<number[]> {
  const {stdout} = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,comm='])
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  const below = (parent: number): number[] =>
    all
      .filter(([, ppid, name]) => Number(ppid) === parent && name !== 'ps')
      .flatMap(([pid]) => [Number(pid), ...below(Number(pid))])
  return below(of)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
