import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {chmod, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, relative} from 'node:path'
import {text} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {processes} from '../../../../src/adapters/processes/processes.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
})

afterEach(async () => {
  await rm(folder, {recursive: true, force: true})
})

async function program(name: string, body: string, mode = 0o755): Promise<string> {
  const file = join(folder, name)
  await mkdir(join(file, '..'), {recursive: true})
  await writeFile(file, body)
  await chmod(file, mode)
  return file
}

const node = (script: string) => ({file: process.execPath, argv: ['-e', script], env: {}})

describe('find', () => {
  it('takes the first executable file on PATH', async () => {
    await program('one/psql', 'text', 0o644)
    await mkdir(join(folder, 'two/psql'), {recursive: true})
    const wanted = await program('three/psql', '#!/bin/true\n')
    await program('four/psql', '#!/bin/true\n')
    const path = ['one', 'two', 'missing', 'three', 'four'].map((name) => join(folder, name)).join(':')

    expect(await processes(path).find('psql')).toBe(wanted)
    expect(await processes(path).find('mysql')).toBeUndefined()
  })

  it('skips entries of PATH that are relative or empty', async () => {
    await program('here/psql', '#!/bin/true\n')
    const entry = relative(process.cwd(), join(folder, 'here'))
    expect(await processes(`${entry}::.`).find('psql')).toBeUndefined()
  })

  it('takes a name with a slash as a path, through links', async () => {
    const file = await program('real', '#!/bin/true\n')
    await symlink(file, join(folder, 'link'))
    expect(await processes('').find(join(folder, 'link'))).toBe(join(folder, 'link'))
    expect(await processes('').find(join(folder, 'nothing'))).toBeUndefined()
  })
})

describe('locate', () => {
  it('finds a program as a shell does', async () => {
    const file = await program('tool', '#!/bin/true\n')
    expect(await processes(folder).locate('tool')).toBe(file)
    expect(await processes('').locate(relative(process.cwd(), file))).toBe(file)
  })

  it.each([
    ['a missing program', 'CLIENT_MISSING', async () => join(folder, 'nothing')],
    ['a name that is not on PATH', 'CLIENT_MISSING', async () => 'nothing'],
    ['no name', 'CLIENT_MISSING', async () => ''],
    ['a file on PATH that is not executable', 'CLIENT_UNRUNNABLE', async () => (await program('p', '', 0o644)) && 'p'],
    ['a folder', 'CLIENT_UNRUNNABLE', async () => folder],
    ['a script that names no interpreter', 'CLIENT_UNRUNNABLE', () => program('p', 'echo run by a shell\n')],
  ])('refuses %s', async (_, code, make) => {
    await expect(processes(folder).locate(await make())).rejects.toMatchObject({code})
  })
})

describe('spawnServant', () => {
  it('pipes the output, gives no input and nothing of our environment', async () => {
    const script = `process.stdin.on('end', () => {
      console.log(JSON.stringify(Object.keys(process.env)))
      console.error('complaint')
      process.exitCode = 3
    }).resume()`
    const servant = await processes().spawnServant({...node(script), env: {ONLY: '1'}})
    const [output, complaint, end] = await Promise.all([text(servant.stdout), text(servant.stderr), servant.ended])
    expect(JSON.parse(output)).toEqual(['ONLY'])
    expect(complaint).toBe('complaint\n')
    expect(end).toEqual({code: 3, signal: null})
  })

  it('runs in a process group of its own, which a signal reaches as a whole', async () => {
    // The grandchild holds the pipe: it ends only when both are gone.
    const script = `const {spawn} = require('node:child_process')
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {stdio: 'inherit'})
      child.on('spawn', () => console.log('started'))
      setInterval(() => {}, 1000)`
    const servant = await processes().spawnServant(node(script))
    const gone = once(servant.stdout.resume(), 'close')
    await once(servant.stdout, 'data')
    servant.kill('SIGKILL')
    expect(await servant.ended).toEqual({code: null, signal: 'SIGKILL'})
    await gone
    // A signal after the end must reach nobody, and fail for nobody.
    servant.kill('SIGKILL')
  })

  it.each([
    ['a missing program', 'CLIENT_MISSING', async () => join(folder, 'nothing')],
    ['a name that is not on PATH', 'CLIENT_MISSING', async () => 'nothing'],
    ['a file that is not executable', 'CLIENT_UNRUNNABLE', () => program('p', '#!/bin/true\n', 0o644)],
    ['a folder', 'CLIENT_UNRUNNABLE', async () => folder],
    ['a missing interpreter', 'CLIENT_UNRUNNABLE', () => program('p', '#!/nowhere/interpreter\n')],
    ['a script that names no interpreter', 'CLIENT_UNRUNNABLE', () => program('p', 'echo run by a shell\n')],
    ['an empty file', 'CLIENT_UNRUNNABLE', () => program('p', '')],
  ])('refuses %s', async (_, code, make) => {
    const file = await make()
    const refused = processes(folder).spawnServant({file, argv: [], env: {}})
    await expect(refused).rejects.toMatchObject({code, message: expect.stringContaining(file)})
  })
})

describe('output', () => {
  it('gives what a program prints', async () => {
    expect(await processes().output(node(`console.log('1.2.677.0')`), 10_000)).toBe('1.2.677.0\n')
  })

  it('rejects with the status and the complaint of one that fails', async () => {
    const failing = processes().output(node(`console.error('broken'); process.exit(4)`), 10_000)
    await expect(failing).rejects.toThrow(/status 4: broken/)
  })

  it('kills one that does not end in time', async () => {
    const hanging = processes().output(node(`setInterval(() => {}, 1000)`), 100)
    await expect(hanging).rejects.toMatchObject({code: 'TIMEOUT'})
  })
})

describe('spawnClient', () => {
  it('loses no byte of a client that shares our pipe, though we write to it meanwhile', {timeout: 30_000}, async () => {
    const size = 20_000_000
    const parent = join(folder, 'parent.mjs')
    // Not by a loader: that opens both streams itself.
    const compiler = (await import(COMPILER)) as {compile(module: string): Promise<string>}
    const module = await compiler.compile(
      fileURLToPath(new URL('../../../../src/adapters/processes/processes.ts', import.meta.url)),
    )
    await writeFile(
      parent,
      `import {processes} from ${JSON.stringify(module)}
       const client = await processes().spawnClient({file: '/usr/bin/head', argv: ['-c', '${size}', '/dev/zero'], env: {}})
       process.stderr.write('n')
       process.exitCode = (await client.ended).code ?? 1`,
    )
    // stdout and stderr are one pipe, as in 2>&1, and its reader is slow to begin.
    const run = spawn(process.execPath, ['-e', SHARED_PIPE, '--', process.execPath, parent], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(run, 'exit')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    let bytes = 0
    for await (const chunk of run.stdout) bytes += (chunk as Buffer).length
    expect(bytes).toBe(size + 1)
    expect(await ended).toEqual([0, null])
  })
})

const COMPILER = new URL('../../../support/compile.js', import.meta.url).href

const SHARED_PIPE = `
  const [file, ...argv] = process.argv.slice(1)
  const child = require('node:child_process').spawn(file, argv, {stdio: ['ignore', 1, 1]})
  child.on('exit', (code) => { process.exitCode = code })`
