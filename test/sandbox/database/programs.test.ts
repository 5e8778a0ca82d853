import {execFile} from 'node:child_process'
import {chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {copyPackage, providePrograms} from './programs.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
})

afterEach(() => rm(folder, {recursive: true}))

describe('the copy of the binaries', () => {
  it('has the links that the install script would have made, and is for everyone to run', async () => {
    const native = await layPackage()
    const copy = join(folder, 'copy')
    await copyPackage(native, copy)
    expect(await readlink(join(copy, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18')
    expect(await readFile(join(copy, 'lib', 'libpq.so.5'), 'utf8')).toBe('library')
    expect(await modes(copy, ['.', 'bin', 'bin/initdb', 'bin/postgres', 'lib/libpq.so.5.18', 'share'])).toEqual([
      '755',
      '755',
      '755',
      '755',
      '644',
      '755',
    ])
  })

  it('keeps the links that are there', async () => {
    const native = await layPackage()
    await symlink('libpq.so.5.18', join(native, 'lib', 'libpq.so.5'))
    const copy = join(folder, 'copy')
    await copyPackage(native, copy)
    expect(await readlink(join(copy, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18')
  })

  it('runs', async () => {
    const bin = await providePrograms(folder, {})
    const {stdout} = await promisify(execFile)(join(bin, 'initdb'), ['--version'])
    expect(stdout).toMatch(/^initdb \(PostgreSQL\) \d+/)
  })
})

it('leaves a named server where it is', async () => {
  expect(await providePrograms(folder, {DBTUNNEL_SANDBOX_PG_BIN: '/opt/pg/bin'})).toBe('/opt/pg/bin')
})

/** A package as npm lays it with scripts off, under a umask of 077. */
async function layPackage(): Promise<string> {
  const native = join(folder, 'native')
  const files = {'bin/initdb': '', 'bin/postgres': '', 'lib/libpq.so.5.18': 'library', 'share/postgres.bki': ''}
  for (const part of ['', 'bin', 'lib', 'share']) await mkdir(join(native, part), {mode: 0o700})
  for (const [name, text] of Object.entries(files)) await writeFile(join(native, name), text, {mode: 0o600})
  const links = [{source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5'}]
  await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(links))
  await chmod(native, 0o700)
  return native
}

async function modes(root: string, names: string[]): Promise<string[]> {
  return Promise.all(names.map(async (name) => ((await stat(join(root, name))).mode & 0o777).toString(8)))
}
