import {chmod, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {tmpdir, userInfo} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, it} from 'vitest'
import {auditLog} from '../../../../src/adapters/files/audit-log.js'
import {stateFolder} from '../../../../src/adapters/files/state-folder.js'

let home: string
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'dbtunnel-test-')))
})
afterEach(() => rm(home, {recursive: true, force: true}))

const log = () => auditLog({HOME: home})
const file = (): string => join(home, '.local/state/dbtunnel/audit.jsonl')

it('adds lines to one file, for this user alone', async () => {
  await log().append('{"a":1}')
  await log().append('{"a":2}')
  expect(await readFile(file(), 'utf8')).toBe('{"a":1}\n{"a":2}\n')
  expect((await stat(file())).mode & 0o7777).toBe(0o600)
  expect(log().osUser).toBe(userInfo().username)
})

it('keeps the lines of many at once whole', async () => {
  const lines = Array.from({length: 100}, (_, index) => `${index} ${'x'.repeat(index * 10)}`)
  await Promise.all(lines.map((line) => log().append(line)))
  const written = (await readFile(file(), 'utf8')).replace(/\n$/, '').split('\n')
  expect(written.sort()).toEqual([...lines].sort())
})

it('is no state file', async () => {
  await log().append('{}')
  expect(await stateFolder({HOME: home}).files()).toEqual([])
})

it('begins anew where it was moved away', async () => {
  await log().append('old')
  await rm(file())
  await log().append('new')
  expect(await readFile(file(), 'utf8')).toBe('new\n')
})

it('writes through no link, and to nothing that others may write', async () => {
  await log().append('mine')
  await chmod(file(), 0o622)
  await expect(log().append('more')).rejects.toThrow(`others may write ${file()}`)
  await rm(file())
  const theirs = join(home, 'theirs')
  await writeFile(theirs, '')
  await symlink(theirs, file())
  await expect(log().append('more')).rejects.toThrow(`${file()} is a link`)
  expect(await readFile(theirs, 'utf8')).toBe('')
  await expect(auditLog({}).append('more')).rejects.toThrow('there is no home folder')
})
