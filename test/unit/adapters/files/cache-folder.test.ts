import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {cacheFolder} from '../../../../src/adapters/files/cache-folder.js'

let home: string
let said: string[]

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'dbtunnel-test-')))
  said = []
})
afterEach(() => rm(home, {recursive: true, force: true}))

const cacheIn = (environment: Readonly<Record<string, string>> = {HOME: home}) =>
  cacheFolder(environment, {debug: (line) => void said.push(line)})
const folder = (): string => join(home, '.cache/dbtunnel')
const names = (): Promise<string[]> => readdir(folder())
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777

async function theFile(): Promise<string> {
  const [name = '', ...more] = await names()
  expect(more).toEqual([])
  return join(folder(), name)
}

describe('what is written', () => {
  it('is read again under its key alone, and not after it was removed', async () => {
    const cache = cacheIn()
    expect(await cache.read('one')).toBeUndefined()
    await cache.write('one', 'first')
    await cache.write('one', 'second ü')
    await cache.write('two', 'other')
    expect(await cacheIn().read('one')).toBe('second ü')
    await cache.remove('one')
    expect(await cache.read('one')).toBeUndefined()
    expect(await cache.read('two')).toBe('other')
    expect(said).toEqual([])
  })

  it('is this user’s alone, whatever the umask, and leaves no draft', async () => {
    const umask = process.umask(0)
    try {
      await cacheIn().write('key', 'text')
    } finally {
      process.umask(umask)
    }
    expect(await modeOf(folder())).toBe(0o700)
    expect(await modeOf(await theFile())).toBe(0o600)
    expect(await theFile()).not.toContain('key')
  })

  it('lies in XDG_CACHE_HOME where that is an absolute path', async () => {
    await cacheIn({HOME: home, XDG_CACHE_HOME: join(home, 'xdg/deep')}).write('key', 'text')
    expect(await readdir(join(home, 'xdg/deep/dbtunnel'))).toHaveLength(1)
    await cacheIn({HOME: home, XDG_CACHE_HOME: 'xdg'}).write('key', 'text')
    expect(await names()).toHaveLength(1)
  })

  it('is whole for whoever reads while others write', async () => {
    const texts = Array.from({length: 20}, (_, index) => String(index).repeat(5000))
    await cacheIn().write('key', 'first')
    const reads = texts.map(async (text) => {
      await cacheIn().write('key', text)
      return cacheIn().read('key')
    })
    for (const read of await Promise.all(reads)) expect(texts).toContain(read)
    expect(await names()).toHaveLength(1)
  })

  it('is bounded: by its own length, in number, in age', async () => {
    const cache = cacheIn()
    await cache.write('too long', 'x'.repeat(16 * 1024 + 1))
    expect(await cache.read('too long')).toBeUndefined()
    await mkdir(folder(), {recursive: true, mode: 0o700})
    await writeFile(join(folder(), 'keep.txt'), 'not ours')
    const [day, minute] = [86_400, 60]
    const put = async (name: string, ageSeconds: number): Promise<void> => {
      await writeFile(join(folder(), name), 'x')
      const then = Date.now() / 1000 - ageSeconds
      await utimes(join(folder(), name), then, then)
    }
    for (let count = 0; count < 210; count++) await put(`${String(count).padStart(64, '0')}.json`, count)
    await put(`${'a'.repeat(64)}.json`, day + minute)
    await put(`.${'b'.repeat(64)}.json.0a1b2c`, 2 * minute)
    await cache.write('new', 'text')
    expect(await cache.read('new')).toBe('text')
    const left = await names()
    expect(left).toHaveLength(201)
    expect(left).toContain('keep.txt')
    expect(left.filter((name) => /^[.a]/.test(name))).toEqual([])
    expect(left).not.toContain(`${'209'.padStart(64, '0')}.json`)
  })
})

describe('what others could have written', () => {
  const refuse = async (): Promise<void> => {
    expect(await cacheIn().read('key')).toBeUndefined()
    expect(said.join('\n')).toMatch(/^cache: not used: /)
  }
  beforeEach(() => cacheIn().write('key', 'text'))

  it.each(['620', '602', '666'])('is not read: a file of mode 0%s; it is replaced', async (mode) => {
    await chmod(await theFile(), parseInt(mode, 8))
    await refuse()
    await cacheIn().write('key', 'mine')
    expect(await cacheIn().read('key')).toBe('mine')
  })

  it.each(['720', '702', '777'])('is not read, nor added to: a folder of mode 0%s', async (mode) => {
    await chmod(folder(), parseInt(mode, 8))
    await refuse()
    await cacheIn().write('other', 'mine')
    expect(await names()).toHaveLength(1)
  })

  it('is not read, nor added to: a folder below one that anyone may write', async () => {
    await chmod(home, 0o777)
    await refuse()
    await cacheIn().write('other', 'mine')
    expect(await names()).toHaveLength(1)
    // Nor is one made there.
    await rm(join(home, '.cache'), {recursive: true, force: true})
    await cacheIn().write('key', 'mine')
    expect(await readdir(home)).not.toContain('.cache')
  })

  it.runIf(process.getuid?.() === 0)('is not read: a folder below one of a group’s, or of another user’s', async () => {
    await chown(home, 0, 65534)
    await chmod(home, 0o2770)
    await refuse()
    await chmod(home, 0o700)
    expect(await cacheIn().read('key')).toBe('text')
    await chown(home, 65534, 65534)
    await refuse()
  })

  it('is not read: a link, to a file or a folder; and never written through', async () => {
    const elsewhere = join(home, 'elsewhere')
    await writeFile(elsewhere, 'theirs')
    const file = await theFile()
    await rm(file)
    await symlink(elsewhere, file)
    await refuse()
    await cacheIn().write('key', 'mine')
    expect(await readFile(elsewhere, 'utf8')).toBe('theirs')
    expect((await lstat(file)).isFile()).toBe(true)

    await rm(folder(), {recursive: true})
    await mkdir(join(home, 'theirs'), {mode: 0o700})
    await symlink(join(home, 'theirs'), folder())
    await refuse()
    await cacheIn().write('key', 'mine')
    expect(await readdir(join(home, 'theirs'))).toEqual([])
  })

  it('is not read: what is too long, or no file', async () => {
    const file = await theFile()
    await writeFile(file, 'x'.repeat(16 * 1024 + 1))
    await refuse()
    await rm(file)
    await mkdir(file)
    await refuse()
  })

  it.runIf(process.getuid?.() === 0)('is not read: a file, or a folder, of another user', async () => {
    await chown(await theFile(), 65534, 65534)
    await refuse()
    await cacheIn().write('key', 'mine')
    expect(await cacheIn().read('key')).toBe('mine')
    await chown(folder(), 65534, 65534)
    said = []
    await refuse()
    await cacheIn().remove('key')
    expect(await names()).toHaveLength(1)
  })
})

describe('where there is no place for it', () => {
  it.each([{}, {HOME: ''}, {HOME: 'relative'}, {HOME: '/proc'}, {HOME: '/dev/null'}])(
    'nothing is kept: %j',
    async (environment) => {
      const cache = cacheIn(environment)
      await cache.write('key', 'text')
      expect(await cache.read('key')).toBeUndefined()
      await cache.remove('key')
      expect(said.join('\n')).toMatch(/^cache: not used: /)
    },
  )

  it.runIf(process.getuid?.() === 0)('root leaves no folder of its own in another user’s home', async () => {
    await chown(home, 65534, 65534)
    await cacheIn().write('key', 'text')
    expect(await readdir(home)).toEqual([])
  })
})
