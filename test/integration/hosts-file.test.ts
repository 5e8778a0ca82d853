import {chmodSync, chownSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {statSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import fc from 'fast-check'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {hostsFile} from '../../src/adapters/hosts-file/hosts-file.js'
import {locate} from '../../src/adapters/hosts-file/site.js'
import {processTable} from '../../src/adapters/processes/process-identity.js'
import {fail} from '../../src/core/errors.js'
import {Teardown} from '../../src/core/teardown.js'
import {hostsLines} from '../../src/hosts/edit.js'
import {mapName} from '../../src/hosts/map-name.js'
import {foreignLinesFor, marksIn} from '../../src/hosts/lines.js'
import {contents, markLine, NAME, OTHER_NAME} from '../support/hosts-content.js'
import {isRoot} from '../support/hosts-children.js'

const TEXT = '127.0.0.1\tlocalhost\n# caf\xe9\r\n10.0.0.7 web\n'
const WAIT = {waitMs: 5000}

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dbtunnel-hosts-'))
  path = join(folder, 'hosts')
  writeFileSync(path, TEXT, {encoding: 'latin1', mode: 0o644})
})

afterEach(() => rmSync(folder, {recursive: true, force: true}))

const text = (file = path): string => readFileSync(file, 'latin1')
const ownLine = (name = NAME): string => markLine({name, owner: processTable().self()})

describe('a line', () => {
  test('comes and goes; every other byte stays, and nothing else is left in the folder', async () => {
    const hosts = hostsLines(hostsFile(path))
    await hosts.add(NAME)
    expect(text()).toBe(TEXT + ownLine())
    await hosts.add(OTHER_NAME)
    await hosts.remove(NAME)
    expect(text()).toBe(TEXT + ownLine(OTHER_NAME))
    await hosts.remove(OTHER_NAME)
    expect(text()).toBe(TEXT)
    expect(readdirSync(folder)).toEqual(['hosts'])
  })

  test('is written to a new file, so that no reader ever sees half of one', async () => {
    const before = statSync(path).ino
    await hostsLines(hostsFile(path)).add(NAME)
    expect(statSync(path).ino).not.toBe(before)
  })

  test.each([0o644, 0o600, 0o664, 0o755, 0o444])('keeps the mode %o', async (mode) => {
    if (mode === 0o444 && !isRoot) return
    chmodSync(path, mode)
    await hostsLines(hostsFile(path)).add(NAME)
    expect(statSync(path).mode & 0o7777).toBe(mode)
  })

  test.runIf(isRoot)('keeps the owner and the group', async () => {
    chownSync(path, 12_345, 54_321)
    const hosts = hostsLines(hostsFile(path))
    await hosts.add(NAME)
    expect(text()).toContain(NAME)
    expect(statSync(path)).toMatchObject({uid: 12_345, gid: 54_321})
  })

  test('goes to the file behind a symbolic link, which stays one', async () => {
    mkdirSync(join(folder, 'etc'))
    const link = join(folder, 'etc', 'hosts')
    symlinkSync('../hosts', link)
    const hosts = hostsLines(hostsFile(link))
    await hosts.add(NAME)
    expect(text()).toBe(TEXT + ownLine())
    await hosts.remove(NAME)
    expect(text(link)).toBe(TEXT)
    expect(readdirSync(folder).sort()).toEqual(['etc', 'hosts'])
    expect(readdirSync(join(folder, 'etc'))).toEqual(['hosts'])
  })

  test('leaves the file one with its other names', async () => {
    const other = join(folder, 'other-name')
    linkSync(path, other)
    const hosts = hostsLines(hostsFile(path))
    await hosts.add(NAME)
    expect(text(other)).toBe(TEXT + ownLine())
    await hosts.remove(NAME)
    expect(text(other)).toBe(TEXT)
    expect(readdirSync(folder).sort()).toEqual(['hosts', 'other-name'])
  })

  test('any file: written by rename or in place, the bytes come back', async () => {
    linkSync(path, join(folder, 'other-name'))
    const single = join(folder, 'single')
    await fc.assert(
      fc.asyncProperty(contents, fc.constantFrom(path, single), async (content, file) => {
        fc.pre(foreignLinesFor(content, NAME).length === 0 && marksIn(content).length === 0)
        writeFileSync(file, content)
        const hosts = hostsLines(hostsFile(file))
        await hosts.add(NAME)
        expect(text(file)).toContain(ownLine())
        await hosts.remove(NAME)
        expect(readFileSync(file).equals(content)).toBe(true)
      }),
      {numRuns: 100},
    )
  })
})

describe('others at the same file', () => {
  test('an editor that writes between our reading and our writing keeps its edit', async () => {
    let calls = 0
    await hostsFile(path).change((content) => {
      if (calls++ === 0) writeFileSync(path, `${TEXT}10.0.0.8 edited\n`, 'latin1')
      return Buffer.concat([content, Buffer.from('10.0.0.9 ours\n')])
    }, WAIT)
    expect(calls).toBe(2)
    expect(text()).toBe(`${TEXT}10.0.0.8 edited\n10.0.0.9 ours\n`)
    expect(readdirSync(folder)).toEqual(['hosts'])
  })

  test('what an ended process left is taken out by the next to come', async () => {
    const left = markLine({name: OTHER_NAME, owner: {pid: 4_194_305, started: '1-00000000-1'}})
    writeFileSync(path, left + TEXT, 'latin1')
    await hostsLines(hostsFile(path)).sweep()
    expect(text()).toBe(TEXT)
  })

  test('a draft that a killed process left is cleared away', async () => {
    writeFileSync(join(folder, `${locate(path).prefix}draft.00`), 'half')
    await hostsLines(hostsFile(path)).add(NAME)
    expect(readdirSync(folder)).toEqual(['hosts'])
  })

  test('our pid with another start is somebody else', async () => {
    const self = processTable().self()
    const left = markLine({name: NAME, owner: {...self, started: self.started.replace(/^\d+/, '1')}})
    writeFileSync(path, TEXT + left, 'latin1')
    await hostsLines(hostsFile(path)).add(NAME)
    expect(text()).toBe(TEXT + ownLine())
  })

  test('a line of another pid namespace cannot be judged and stays', async () => {
    const self = processTable().self()
    const left = markLine({name: NAME, owner: {pid: 4_194_305, started: self.started.replace(/\d+$/, '1')}})
    writeFileSync(path, TEXT + left, 'latin1')
    await hostsLines(hostsFile(path)).sweep()
    expect(text()).toBe(TEXT + left)
  })

  test('our reader and the plain one agree on whose address a name has', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.constantFrom(NAME, OTHER_NAME), async (content, name) => {
        writeFileSync(path, content)
        const addresses = await hostsFile(path).addresses(name)
        if (addresses === undefined) return
        const foreign = foreignLinesFor(content, name).map(({address}) => address)
        const marked = marksIn(content)
          .filter((mark) => mark.name === name)
          .map(() => '127.0.0.1')
        expect([...addresses].sort()).toEqual([...foreign, ...marked].sort())
      }),
      {numRuns: 300},
    )
  })

  test('a line that would keep a plain reader busy for minutes is not given to it', async () => {
    writeFileSync(path, `10.0.0.7 a${' '.repeat(300_000)}b c\n`)
    const begun = Date.now()
    expect(await hostsFile(path).addresses(NAME)).toBeUndefined()
    await hostsLines(hostsFile(path)).add(NAME)
    expect(Date.now() - begun).toBeLessThan(5000)
    expect(text()).toContain(NAME)
  })
})

describe('when it cannot be', () => {
  test('another address for the name: the line is named, nothing is touched', async () => {
    writeFileSync(path, `${TEXT}10.1.2.3\t${NAME} # by hand\n`, 'latin1')
    const {ino, mtimeMs} = statSync(path)
    await expect(hostsLines(hostsFile(path)).add(NAME)).rejects.toMatchObject({
      code: 'HOSTS_CONFLICT',
      message: `Line 4 of ${path} maps ${NAME} to another address: 10.1.2.3\\t${NAME} # by hand`,
    })
    expect(statSync(path)).toMatchObject({ino, mtimeMs})
  })

  test.each<[string, () => void, RegExp]>([
    ['no such file', () => rmSync(path), /it does not exist \(ENOENT\)/],
    ['a folder', () => (rmSync(path), mkdirSync(path)), /it is a folder|not a regular file/],
    ['a circle of links', () => (rmSync(path), symlinkSync(path, path)), /its links lead in a circle \(ELOOP\)/],
  ])('%s: HOSTS_UNWRITABLE in plain words', async (_, arrange, words) => {
    arrange()
    const hosts = hostsLines(hostsFile(path))
    const refused = expect(hosts.add(NAME)).rejects
    await refused.toMatchObject({code: 'HOSTS_UNWRITABLE', exitCode: 73, message: expect.stringMatching(words)})
    await hosts.remove(NAME)
  })

  test('the obstacle is told in a few words', async () => {
    expect(await hostsFile(path).obstacle()).toBeUndefined()
    rmSync(path)
    expect(await hostsFile(path).obstacle()).toBe('is missing')
  })
})

describe('undone at any moment', () => {
  test('whenever the signal comes, the file is as it was', async () => {
    for (let round = 0; round < 60; round++) {
      const stop = new AbortController()
      const undo = new Teardown()
      const run = {signal: stop.signal, undo, say: {notice() {}, debug() {}}, divert: () => () => {}}
      const mapping = mapName(NAME, {mode: 'hosts', takesAddress: true}, hostsLines(hostsFile(path)), run).catch(
        () => {},
      )
      await sleep(round / 6)
      stop.abort(fail('INTERRUPTED', 'Interrupted.'))
      expect(await undo.unwind({budgetMs: 2000})).toEqual([])
      await mapping
      expect(text()).toBe(TEXT)
      expect(readdirSync(folder)).toEqual(['hosts'])
    }
  })
})
