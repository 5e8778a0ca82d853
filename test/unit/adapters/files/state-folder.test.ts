import {chmod, mkdtemp, readdir, realpath, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, it} from 'vitest'
import type {ProcessIdentity} from '../../../../src/core/ports/hosts.js'
import type {StateKey} from '../../../../src/core/ports/state.js'
import {stateFolder} from '../../../../src/adapters/files/state-folder.js'

let home: string
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'dbtunnel-test-')))
})
afterEach(() => rm(home, {recursive: true, force: true}))

const state = (environment: Readonly<Record<string, string>> = {HOME: home}) => stateFolder(environment)
const folder = (): string => join(home, '.local/state/dbtunnel')
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777

const tunnelOf = (owner: ProcessIdentity, localPort = 5432): StateKey => ({owner, localPort})

it('keeps one file a tunnel, for this user alone, until it is removed', async () => {
  const owner = state().self()
  const [one, two] = [tunnelOf(owner), tunnelOf({pid: 1, started: '7-a-b'})]
  expect(await state().files()).toEqual([])
  await state().write(one, 'first')
  await state().write(one, 'second')
  await state().write(two, 'other')
  expect((await state().files()).map((file) => 'text' in file && file.text).sort()).toEqual(['other', 'second'])
  expect(await modeOf(folder())).toBe(0o700)
  for (const {path} of await state().files()) expect(await modeOf(path)).toBe(0o600)
  await state().write(tunnelOf(owner, 5433), 'of the same owner')
  await state().remove(one)
  await state().remove(one)
  await state().remove(tunnelOf(owner, 5433))
  expect(await state().files()).toEqual([{path: join(folder(), '1-7-a-b.5432.json'), text: 'other'}])
  expect(state().look(owner)).toBe('alive')
})

it('knows nothing of the processes of another machine that has the same home', () => {
  const {pid, started} = state().self()
  const bare = started.replace(/-m[0-9a-f]+$/, '')
  expect(state().look({pid, started: `${bare}-m0123456789ab`})).toBe('elsewhere')
  // After a restart of this machine everything is dead.
  expect(state().look({pid, started: started.replace(/^\d+-\w+/, '1-0')})).toBe('dead')
})

it('honours XDG_STATE_HOME', async () => {
  const place = join(home, 'xdg/deep')
  await state({HOME: home, XDG_STATE_HOME: place}).write(tunnelOf({pid: 1, started: '7'}), 'text')
  expect(await readdir(join(place, 'dbtunnel'))).toEqual(['1-7.5432.json'])
  expect(await state().files()).toEqual([])
})

it('tells of what it does not believe, and reads none of it', async () => {
  await state().write(tunnelOf({pid: 1, started: '7'}), 'text')
  await chmod(join(folder(), '1-7.5432.json'), 0o622)
  await writeFile(join(home, 'theirs'), 'theirs')
  await symlink(join(home, 'theirs'), join(folder(), '2-7.json'))
  await writeFile(join(folder(), '3-7.json'), 'x'.repeat(70_000))
  await writeFile(join(folder(), 'notes.txt'), '')
  const files = await state().files()
  expect(files.map((file) => ('problem' in file ? file.problem : file.text)).sort()).toEqual([
    `${folder()}/2-7.json is a link`,
    `${folder()}/3-7.json is too long`,
    `${folder()}/notes.txt is no state file`,
    `others may write ${folder()}/1-7.5432.json`,
  ])
  await chmod(folder(), 0o777)
  expect(await state().files()).toEqual([{path: folder(), problem: `others may write ${folder()}`}])
})

it('tells of a folder above that others may write, and reads nothing below', async () => {
  await state().write(tunnelOf({pid: 1, started: '7'}), 'text')
  await chmod(home, 0o777)
  expect(await state().files()).toEqual([{path: folder(), problem: `others may write ${home}`}])
  await expect(state().write(tunnelOf({pid: 1, started: '7'}), 'text')).rejects.toThrow(`others may write ${home}`)
})

it('is nothing where there is no home', async () => {
  expect(await state({}).files()).toEqual([])
  await expect(state({}).write(tunnelOf({pid: 1, started: '7'}), 'text')).rejects.toThrow('no home folder')
})

it('takes out what a writer left that was killed in the middle, and no other’s draft', async () => {
  const {pid, started} = state().self()
  await state().write(tunnelOf({pid, started}), 'text')
  // A pid of this machine that has another start has ended.
  const dead = `.${pid}-${started.replace(/^\d+/, '1')}.5432.json.0123456789ab`
  const [alive, elsewhere] = [`.${pid}-${started}.5432.json.0123456789ab`, `.1-1-other-1.5432.json.0123456789ab`]
  for (const name of [dead, alive, elsewhere]) await writeFile(join(folder(), name), '{')
  expect(await state().files()).toEqual([{path: join(folder(), `${pid}-${started}.5432.json`), text: 'text'}])
  expect(await readdir(folder())).not.toContain(dead)
  expect(await readdir(folder())).toContain(alive)
})
