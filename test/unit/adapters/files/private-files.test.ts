import {
  chmod,
  chown,
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
import {basename, dirname, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {privateFiles} from '../../../../src/adapters/files/private-files.js'

let base: string

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'dbtunnel-test-')))
})

afterEach(async () => {
  await rm(base, {recursive: true, force: true})
})

async function folder(name: string, mode: number): Promise<string> {
  const path = join(base, name)
  await mkdir(path)
  await chmod(path, mode)
  return path
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777

describe('makeFolder', () => {
  it('makes a folder of 0700 under a private XDG_RUNTIME_DIR, a fresh one each time', async () => {
    const runtime = await folder('runtime', 0o700)
    const files = privateFiles({XDG_RUNTIME_DIR: runtime, TMPDIR: base})
    const [one, two] = [await files.makeFolder(), await files.makeFolder()]
    expect(dirname(one)).toBe(runtime)
    expect(one).not.toBe(two)
    expect(await modeOf(one)).toBe(0o700)
  })

  it('passes over an XDG_RUNTIME_DIR that others may enter, that is missing, or relative', async () => {
    const open = await folder('open', 0o755)
    for (const runtime of [open, join(base, 'missing'), 'relative', '', undefined]) {
      const made = await privateFiles({XDG_RUNTIME_DIR: runtime, TMPDIR: base}).makeFolder()
      expect(dirname(made)).toBe(base)
    }
  })

  it('makes none where others could make one of the same name later, but in the state folder', async () => {
    const [shared, HOME] = [await folder('shared', 0o1777), await folder('home', 0o700)]
    const files = privateFiles({TMPDIR: shared, HOME})
    const made = await files.makeFolder()
    expect(dirname(made)).toBe(join(HOME, '.local/state/dbtunnel/run'))
    expect(await modeOf(dirname(made))).toBe(0o700)
    await files.removeFolder(made)
    expect(dirname(await privateFiles({TMPDIR: shared, HOME, XDG_STATE_HOME: base}).makeFolder())).toBe(
      join(base, 'dbtunnel/run'),
    )
    expect(dirname(await privateFiles({TMPDIR: shared}).makeFolder())).toBe(shared)
  })

  it.runIf(process.getuid?.() === 0)('passes over an XDG_RUNTIME_DIR of another user, as after su', async () => {
    const theirs = await folder('theirs', 0o700)
    await chown(theirs, 65534, 65534)
    const made = await privateFiles({XDG_RUNTIME_DIR: theirs, TMPDIR: base}).makeFolder()
    expect(dirname(made)).toBe(base)
  })

  it('takes a folder for everybody only with the sticky bit', async () => {
    const shared = await folder('shared', 0o1777)
    expect(dirname(await privateFiles({TMPDIR: shared}).makeFolder())).toBe(shared)
    await chmod(shared, 0o777)
    await expect(privateFiles({TMPDIR: shared}).makeFolder()).rejects.toMatchObject({
      code: 'FILES_UNWRITABLE',
      exitCode: 73,
    })
  })

  it('takes no folder that others can exchange as a whole', async () => {
    const open = await folder('open', 0o777)
    const below = await folder('open/ours', 0o700)
    const deeper = await folder('open/ours/tmp', 0o700)
    for (const place of [below, deeper]) {
      await expect(privateFiles({TMPDIR: place}).makeFolder()).rejects.toMatchObject({code: 'FILES_UNWRITABLE'})
    }
    await chmod(open, 0o1777)
    expect(dirname(await privateFiles({TMPDIR: deeper}).makeFolder())).toBe(deeper)
  })

  it.runIf(process.getuid?.() === 0)('nor one below a folder of another user, who can exchange it, too', async () => {
    const theirs = await folder('theirs', 0o755)
    const TMPDIR = await folder('theirs/mine', 0o700)
    await chown(theirs, 65534, 65534)
    await expect(privateFiles({TMPDIR}).makeFolder()).rejects.toMatchObject({code: 'FILES_UNWRITABLE'})
    expect(dirname(await privateFiles({XDG_RUNTIME_DIR: TMPDIR, TMPDIR: base}).makeFolder())).toBe(base)
  })

  it.runIf(process.getuid?.() === 0)('nor one below a folder that a group may write', async () => {
    const groups = await folder('groups', 0o2775)
    const TMPDIR = await folder('groups/mine', 0o700)
    await chown(groups, 0, 65534)
    await chmod(groups, 0o2775)
    await expect(privateFiles({TMPDIR}).makeFolder()).rejects.toMatchObject({code: 'FILES_UNWRITABLE'})
    expect(dirname(await privateFiles({XDG_RUNTIME_DIR: TMPDIR, TMPDIR: base}).makeFolder())).toBe(base)
    // Whoever is in it can replace nothing there.
    await chmod(groups, 0o3775)
    expect(dirname(await privateFiles({TMPDIR}).makeFolder())).toBe(TMPDIR)
  })

  it('says in plain words why it cannot', async () => {
    const missing = join(base, 'missing')
    await expect(privateFiles({TMPDIR: missing}).makeFolder()).rejects.toThrow(
      `The temporary folder ${missing} cannot be used: it does not exist.`,
    )
  })
})

describe('write', () => {
  it('writes 0600 whatever the umask, and leaves no draft behind', async () => {
    const files = privateFiles({TMPDIR: base})
    const own = await files.makeFolder()
    const umask = process.umask(0)
    try {
      expect(await files.write(own, 'passfile', 'one')).toBe(join(own, 'passfile'))
    } finally {
      process.umask(umask)
    }
    expect(await modeOf(join(own, 'passfile'))).toBe(0o600)
    await files.write(own, 'passfile', 'two')
    expect(await readFile(join(own, 'passfile'), 'utf8')).toBe('two')
    expect((await readdir(own)).sort()).toEqual(['owner', 'passfile'])
  })

  it('replaces a link and never writes through it', async () => {
    const victim = join(base, 'victim')
    await writeFile(victim, 'untouched', {mode: 0o644})
    await symlink(victim, join(base, 'passfile'))
    await privateFiles().write(base, 'passfile', 'secret')
    expect(await readFile(victim, 'utf8')).toBe('untouched')
    expect(await readFile(join(base, 'passfile'), 'utf8')).toBe('secret')
    expect(await modeOf(join(base, 'passfile'))).toBe(0o600)
  })

  it('keeps the old file when it cannot write the new one, and leaves no draft', async () => {
    await mkdir(join(base, 'taken'))
    await expect(privateFiles().write(base, 'taken', 'x')).rejects.toMatchObject({code: 'FILES_UNWRITABLE'})
    expect(await readdir(base)).toEqual(['taken'])
    await expect(privateFiles().write(join(base, 'gone'), 'x', 'x')).rejects.toThrow('it does not exist')
  })

  it('takes no name that leads out of the folder', async () => {
    for (const name of ['../x', '/x', 'a/b', '..', ''])
      await expect(privateFiles().write(base, name, 'x')).rejects.toThrow()
    expect(await readdir(base)).toEqual([])
  })
})

it('removeFolder removes all, and a second time nothing', async () => {
  const files = privateFiles({TMPDIR: base})
  const own = await files.makeFolder()
  await files.write(own, 'a', 'x')
  await mkdir(join(own, 'b'))
  await files.removeFolder(own)
  await files.removeFolder(own)
  expect(await readdir(base)).toEqual([])
})

it('readText reads, or names the file that it cannot read', async () => {
  await writeFile(join(base, 'ca.pem'), 'ü')
  expect(await privateFiles().readText(join(base, 'ca.pem'))).toBe('ü')
  const missing = join(base, 'missing.pem')
  await expect(privateFiles().readText(missing)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `The file ${missing} cannot be read: it does not exist.`,
  })
  await expect(privateFiles().readText(base)).rejects.toThrow('it is a folder')
})

describe('sweep', () => {
  const DEAD = '999999 1-0-0\n'
  const left = async (name: string, owner: string | undefined, mode = 0o700): Promise<string> => {
    const path = await folder(name, mode)
    if (owner !== undefined) await writeFile(join(path, 'owner'), owner)
    return path
  }
  const swept = async (): Promise<string[]> => {
    await privateFiles({XDG_RUNTIME_DIR: await folder('runtime', 0o700), TMPDIR: base}).sweep()
    return (await readdir(base)).filter((name) => name !== 'runtime').sort()
  }

  it('removes the folders of dead owners, with all in them, wherever they had made them', async () => {
    const runtime = await folder('elsewhere', 0o700)
    await writeFile(join(await left('dbtunnel-aB3dE6', DEAD), 'passfile'), 'secret')
    await left('elsewhere/dbtunnel-aB3dE6', DEAD)
    await privateFiles({XDG_RUNTIME_DIR: runtime, TMPDIR: base}).sweep()
    expect(await readdir(base)).toEqual(['elsewhere'])
    expect(await readdir(runtime)).toEqual([])
  })

  it('leaves those of the living, and whatever it is not sure of', async () => {
    const own = basename(await privateFiles({TMPDIR: base}).makeFolder())
    await left('dbtunnel-sandbox-1', DEAD)
    await left('dbtunnel-open00', DEAD, 0o755)
    await left('dbtunnel-words0', 'nobody\n')
    await writeFile(join(base, 'dbtunnel-words0/kept'), '')
    await left('dbtunnel-new000', undefined)
    await symlink(await left('target', DEAD), join(base, 'dbtunnel-link00'))
    const all = (await readdir(base)).sort()
    expect(all).toContain(own)
    expect(await swept()).toEqual(all)
  })

  it.runIf(process.getuid?.() === 0)('leaves those of other users', async () => {
    await chown(await left('dbtunnel-their0', DEAD), 65534, 65534)
    expect(await swept()).toEqual(['dbtunnel-their0'])
  })

  it('looks at no more than some at a time, for others can make as many as they like, and at the rest later', async () => {
    const made = 1100
    await Promise.all(Array.from({length: made}, (_, at) => left(`dbtunnel-${String(at).padStart(6, '0')}`, DEAD)))
    const counts = [made]
    while (counts.at(-1) !== 0) {
      await privateFiles({TMPDIR: base}).sweep()
      counts.push((await readdir(base)).length)
      const [before = 0, after = 0] = counts.slice(-2)
      expect(after).toBe(Math.max(before - 500, 0))
    }
  })

  it('removes an empty one that nobody came to sign, once it is old', async () => {
    const path = await left('dbtunnel-empty0', undefined)
    await utimes(path, 0, 0)
    expect(await swept()).toEqual([])
  })
})
