import {chmod, mkdir, mkdtemp, realpath, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {findAccount, type Folder, makeFolder} from './folder.js'

const isRoot = process.getuid?.() === 0
let parent: string
let folder: Folder | undefined

beforeEach(async () => {
  parent = await realpath(await mkdtemp('/tmp/dbtunnel-test-'))
  await chmod(parent, 0o755)
})

afterEach(async () => {
  await rm(parent, {recursive: true})
  if (folder) await rm(folder.path, {recursive: true, force: true})
})

describe('the folder of a database', () => {
  it('lies where it is wanted, open to PostgreSQL alone', async () => {
    folder = await makeFolder(await findAccount(), parent)
    expect(dirname(folder.path)).toBe(parent)
    const seen = await Promise.all([folder.path, folder.data, folder.run].map((path) => stat(path)))
    expect(seen.map(({mode}) => (mode & 0o777).toString(8))).toEqual([isRoot ? '755' : '700', '700', '700'])
    expect(seen[2]?.uid === 0).toBe(false)
  })

  it('lies in /tmp where a socket could not be reached by its path', async () => {
    const deep = join(parent, 'deep'.repeat(25))
    await mkdir(deep)
    folder = await makeFolder(await findAccount(), deep)
    expect(dirname(folder.path)).toBe(await realpath('/tmp'))
    expect(join(folder.run, '.s.PGSQL.5432').length).toBeLessThan(104)
  })

  it('lies in a private folder only if PostgreSQL may go there', async () => {
    const inner = join(parent, 'private', 'inner')
    await mkdir(inner, {recursive: true})
    await chmod(dirname(inner), 0o700)
    folder = await makeFolder(await findAccount(), inner)
    expect(dirname(folder.path)).toBe(isRoot ? await realpath('/tmp') : inner)
  })

  it('lies in the temporary directory unless told otherwise', async () => {
    folder = await makeFolder(undefined)
    expect([await realpath(tmpdir()), await realpath('/tmp')]).toContain(dirname(folder.path))
  })
})

it.runIf(isRoot)('runs as nobody for root', async () => {
  expect(await findAccount()).toMatchObject({uid: 65534})
})
