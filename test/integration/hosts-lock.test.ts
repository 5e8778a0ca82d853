import {
  chmodSync,
  chownSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {hostsFile} from '../../src/adapters/hosts-file/hosts-file.js'
import {locate} from '../../src/adapters/hosts-file/site.js'
import {processTable} from '../../src/adapters/processes/process-identity.js'
import type {ProcessIdentity} from '../../src/core/ports/hosts.js'
import {hostsLines} from '../../src/hosts/edit.js'
import {NAME} from '../support/hosts-content.js'
import {isRoot, startHostsChild} from '../support/hosts-children.js'

const TEXT = '127.0.0.1 localhost\n10.0.0.7 no-final-line-feed'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dbtunnel-hosts-'))
  path = join(folder, 'hosts')
  writeFileSync(path, TEXT, {mode: 0o644})
})

afterEach(() => rmSync(folder, {recursive: true, force: true}))

/** A claim on the lock, as its owner would make it; number 0 comes before everyone. */
function claim(owner: ProcessIdentity, kind = 'ticket', where = folder): string {
  const file = join(where, `${locate(path).prefix}${kind}.0.${owner.pid}.${owner.started}.00`)
  writeFileSync(file, '')
  return file
}

const add = (waitMs: number) =>
  hostsFile(path).change((content) => Buffer.concat([content, Buffer.from('!')]), {waitMs})

describe('many at once', () => {
  test('twenty processes: none fails, none loses a line, and the file is what it was', async () => {
    const children = Array.from({length: 20}, (_, index) =>
      startHostsChild(path, [
        'ready',
        'wait',
        `add=db-${index}.example.com`,
        'cycle=3',
        `remove=db-${index}.example.com`,
      ]),
    )
    await Promise.all(children.map(async (child) => child.said('ready')))
    for (const child of children) child.process.stdin?.end()
    const ends = await Promise.all(children.map(({ended}) => ended))
    expect(ends.filter(({code}) => code !== 0)).toEqual([])
    expect(readFileSync(path, 'utf8')).toBe(TEXT)
    expect(readdirSync(folder)).toEqual(['hosts'])
  }, 60_000)

  test('within one process, too, nobody writes over another', async () => {
    const names = Array.from({length: 30}, (_, index) => `db-${index}.example.com`)
    const one = hostsLines(hostsFile(path))
    const other = hostsLines(hostsFile(path))
    await Promise.all(names.map((name, index) => (index % 2 ? one : other).add(name)))
    expect(names.filter((name) => !readFileSync(path, 'utf8').includes(` ${name} `))).toEqual([])
    await Promise.all(names.map((name, index) => (index % 2 ? other : one).remove(name)))
    expect(readFileSync(path, 'utf8')).toBe(TEXT)
    expect(readdirSync(folder)).toEqual(['hosts'])
  })
})

describe('a claim on the lock', () => {
  const KINDS = ['ticket', 'choosing']
  const self = processTable().self()
  const gone = {pid: 4_194_305, started: self.started}

  test.each(KINDS)('of a living process (%s): waited for, then HOSTS_LOCKED says whose it is', async (kind) => {
    claim(self, kind)
    const refused = expect(add(60)).rejects
    await refused.toMatchObject({
      code: 'HOSTS_LOCKED',
      exitCode: 73,
      message: expect.stringContaining(`${process.pid} `),
    })
    expect(readFileSync(path, 'utf8')).toBe(TEXT)
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test('given up in time: the wait ends well', async () => {
    const file = claim(self)
    const added = add(5000)
    setTimeout(() => rmSync(file), 30)
    await added
    expect(readFileSync(path, 'utf8')).toBe(`${TEXT}!`)
  })

  test('a signal ends the wait at once', async () => {
    claim(self)
    const stop = new AbortController()
    const adding = hostsLines(hostsFile(path)).add(NAME, stop.signal)
    setTimeout(() => stop.abort(new Error('stop')), 20)
    await expect(adding).rejects.toThrow('stop')
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test.each(KINDS)('of a dead process (%s): passed over and cleared away', async (kind) => {
    claim(gone, kind)
    claim({pid: process.pid, started: self.started.replace(/^\d+/, '1')}, kind)
    await add(0)
    expect(readFileSync(path, 'utf8')).toBe(`${TEXT}!`)
    expect(readdirSync(folder)).toEqual(['hosts'])
  })

  test('of a process that dies while it is waited for: passed over', async () => {
    const child = startHostsChild(path, ['ready', 'wait'])
    await child.said('ready')
    const pid = child.process.pid as number
    const ticks = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? ''
    claim({pid, started: self.started.replace(/^\d+/, ticks)})
    const added = add(20_000)
    child.process.kill('SIGKILL')
    await added
    expect(readFileSync(path, 'utf8')).toBe(`${TEXT}!`)
  })

  test('of another container: counts while it is fresh', async () => {
    const file = claim({...gone, started: self.started.replace(/\d+$/, '1')})
    await expect(add(60)).rejects.toMatchObject({code: 'HOSTS_LOCKED'})
    utimesSync(file, 1, 1)
    await add(60)
    expect(readFileSync(path, 'utf8')).toBe(`${TEXT}!`)
  })
})

describe.runIf(isRoot)('where not everyone who writes the file may write its folder', () => {
  const self = processTable().self()
  const made: string[] = []
  afterEach(() => made.splice(0).forEach((file) => rmSync(file, {force: true})))

  const claimOf = (uid: number): void => {
    const file = claim(self, 'ticket', '/var/tmp')
    made.push(file)
    chownSync(file, uid, uid)
  }

  test("a stranger's claim in the shared folder stops nobody", async () => {
    chownSync(path, 12_345, 12_345)
    claimOf(65_534)
    await add(0)
    expect(readFileSync(path, 'utf8')).toBe(`${TEXT}!`)
  })

  test("a claim of the file's owner there counts, for root too", async () => {
    chownSync(path, 12_345, 12_345)
    claimOf(12_345)
    await expect(add(60)).rejects.toMatchObject({code: 'HOSTS_LOCKED'})
  })

  test('an old file of root’s that a stranger has linked there stops nobody', async () => {
    chownSync(path, 12_345, 12_345)
    const file = claim(self, 'ticket', '/var/tmp')
    made.push(file, `${file}.second`)
    utimesSync(file, 1, 1)
    linkSync(file, `${file}.second`)
    await add(0)
    expect(readFileSync(path, 'utf8')).toBe(`${TEXT}!`)
  })

  test('a claim that a stranger has linked goes on to count', async () => {
    chownSync(path, 12_345, 12_345)
    const file = claim(self, 'ticket', '/var/tmp')
    made.push(file, `${file}.second`)
    linkSync(file, `${file}.second`)
    await expect(add(60)).rejects.toMatchObject({code: 'HOSTS_LOCKED'})
  })

  test('when the file is open to all, all claims count', async () => {
    chmodSync(path, 0o666)
    claimOf(65_534)
    await expect(add(60)).rejects.toMatchObject({code: 'HOSTS_LOCKED'})
  })

  test('root and others at once: nobody writes over another', async () => {
    chmodSync(folder, 0o755)
    chmodSync(path, 0o666)
    const children = [['user=65534'], ['user=65534'], []].map((user) => startHostsChild(path, [...user, 'cycle=5']))
    const ends = await Promise.all(children.map(({ended}) => ended))
    expect(ends.filter(({code}) => code !== 0)).toEqual([])
    expect(readFileSync(path, 'utf8')).toBe(TEXT)
  })
})
