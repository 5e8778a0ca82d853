import {execFileSync} from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {
  OURS,
  oursOrOfSudo,
  weaknessAbove,
  weaknessForRoot,
  weaknessOf,
  weaknessOfOwn,
} from '../../../../src/adapters/files/trust.js'
import {NOBODY} from '../../../support/ordinary-user.js'

const isRoot = process.getuid?.() === 0

const base = realpathSync(mkdtempSync(join(tmpdir(), 'trust-')))
chmodSync(base, 0o755)
afterAll(() => rmSync(base, {recursive: true, force: true}))

let count = 0
/** A folder in a folder of its own: `outer/inner`. */
function nested() {
  const outer = join(base, String(++count))
  const inner = join(outer, 'inner')
  mkdirSync(inner, {recursive: true, mode: 0o755})
  return {outer, inner, file: join(inner, 'file')}
}

const onWay = (path: string) => {
  const weakness = weaknessAbove(path, OURS)
  return weakness && [weakness.why, weakness.path]
}

describe('the folders on the way to a file', () => {
  it('are safe where they are ours or root’s, to a file that is not there yet, too', () => {
    const {file, inner} = nested()
    expect(onWay(file)).toBeUndefined()
    expect(onWay(join(inner, 'not', 'yet', 'there'))).toBeUndefined()
    expect(onWay('/')).toBeUndefined()
  })

  it('are not, where anyone may write one of them', () => {
    const {outer, inner, file} = nested()
    chmodSync(outer, 0o757)
    expect(onWay(file)).toEqual(['mode', outer])
    expect(onWay(`${inner}/../inner/./file`)).toEqual(['mode', outer])
    // The last one itself is for others to judge.
    expect(onWay(outer)).toBeUndefined()
  })

  it('are safe where nobody can replace what others have made: the sticky bit', () => {
    const {outer, file} = nested()
    chmodSync(outer, 0o1777)
    expect(onWay(file)).toBeUndefined()
  })

  it('are judged also where a link is on the way, and where that lies', () => {
    const [one, other] = [nested(), nested()]
    chmodSync(one.outer, 0o777)
    symlinkSync(one.inner, join(other.inner, 'link'))
    symlinkSync('inner/link', join(other.outer, 'first'))
    expect(onWay(join(other.outer, 'first', 'file'))).toEqual(['mode', one.outer])
    chmodSync(one.outer, 0o755)
    chmodSync(other.inner, 0o777)
    expect(onWay(join(other.outer, 'first', 'file'))).toEqual(['mode', other.inner])
  })

  it('lead in a circle', () => {
    const {inner} = nested()
    symlinkSync('circle', join(inner, 'circle'))
    expect(() => onWay(join(inner, 'circle', 'file'))).toThrow('its links lead in a circle')
  })

  describe.runIf(isRoot)('with other people on the machine', () => {
    it('are not safe where a group may write one of them', () => {
      const {outer, file} = nested()
      chownSync(outer, 0, NOBODY)
      chmodSync(outer, 0o2775)
      expect(onWay(file)).toEqual(['mode', outer])
      chmodSync(outer, 0o3775)
      expect(onWay(file)).toBeUndefined()
    })

    it('are where the group is of one person alone', () => {
      const {outer, file} = nested()
      chmodSync(outer, 0o775)
      expect(onWay(file)).toBeUndefined()
    })

    it('are not where someone else owns one of them, whatever its mode', () => {
      const {outer, file} = nested()
      chownSync(outer, NOBODY, NOBODY)
      for (const mode of [0o755, 0o1777]) {
        chmodSync(outer, mode)
        expect(onWay(file)).toEqual(['owner', outer])
      }
    })

    it('are not where someone else’s link lies in a folder for all', () => {
      const [shared, own] = [nested(), nested()]
      chmodSync(shared.inner, 0o1777)
      const link = join(shared.inner, 'link')
      symlinkSync(own.inner, link)
      expect(onWay(join(link, 'file'))).toBeUndefined()
      execFileSync('chown', ['-h', `${NOBODY}`, link])
      expect(onWay(join(link, 'file'))).toEqual(['owner', link])
    })

    it('by sudo may be of the person who typed it', () => {
      const {outer, file} = nested()
      chownSync(outer, NOBODY, NOBODY)
      expect(weaknessAbove(file, oursOrOfSudo({SUDO_UID: String(NOBODY)}))).toBeUndefined()
      expect(weaknessAbove(file, oursOrOfSudo({SUDO_UID: '1234'}))).toMatchObject({why: 'owner'})
    })
  })
})

describe.runIf(isRoot && canUnshare())('in a user namespace that does not know root', () => {
  it('the folders above are taken for root’s, and a file of the same looks is not', () => {
    const {inner} = nested()
    chownSync(inner, 1234, 1234)
    const module = new URL('../../../../src/adapters/files/trust.ts', import.meta.url).pathname
    const look = `
      const {OURS, weaknessOf, weaknessAbove} = await import(${JSON.stringify(module)})
      const {statSync} = await import('node:fs')
      const file = ${JSON.stringify(join(inner, 'file'))}
      console.log(JSON.stringify([statSync('/').uid, weaknessAbove(file, OURS) ?? null, weaknessOf(statSync('/'), OURS)]))`
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', look]
    expect(JSON.parse(unshared(node))).toEqual([NOBODY, null, 'owner'])
  })
})

it('a file of this user’s alone is one that no group may write', () => {
  const {inner} = nested()
  chmodSync(inner, 0o700)
  expect(weaknessOfOwn(statSync(inner))).toBeUndefined()
  for (const mode of [0o720, 0o702]) {
    chmodSync(inner, mode)
    expect(weaknessOfOwn(statSync(inner))).toBe('mode')
  }
})

it.runIf(isRoot)('a file of others, or that they may write, is theirs', () => {
  const {inner} = nested()
  expect(weaknessOf(statSync(inner), OURS)).toBeUndefined()
  chownSync(inner, 0, NOBODY)
  chmodSync(inner, 0o775)
  expect(weaknessOf(statSync(inner), OURS)).toBe('mode')
  chownSync(inner, NOBODY, NOBODY)
  expect(weaknessOf(statSync(inner), OURS)).toBe('owner')
  expect(weaknessOfOwn(statSync(inner))).toBe('owner')
})

/** As an ordinary user, in a user namespace that knows nobody else. */
function unshared(words: readonly string[]): string {
  const env = {PATH: process.env['PATH'] ?? ''}
  return execFileSync('unshare', ['--map-current-user', ...words], {uid: 1234, gid: 1234, env, encoding: 'utf8'})
}

function canUnshare(): boolean {
  try {
    unshared(['true'])
    return true
  } catch {
    return false
  }
}

describe('what runs with root’s rights', () => {
  it('is root’s alone, all that leads to it and what links lead to', () => {
    expect(weaknessForRoot('/')).toBeUndefined()
    expect(weaknessForRoot('/etc/passwd')).toBeUndefined()
    expect(weaknessForRoot('/nonexistent/file')).toBe('/nonexistent/file is missing')
  })

  it('may not be in a folder where others can make something, the sticky bit or not', () => {
    // In tmpdir().
    expect(weaknessForRoot(base)).toMatch(/ can be written by others than root$| belongs to user /)
  })

  it.runIf(isRoot)('may not be another user’s, nor be reached through a folder or link of theirs', () => {
    // Not in a folder like /tmp, which is refused itself.
    const folder = mkdtempSync('/root/trust-')
    try {
      const file = join(folder, 'file')
      writeFileSync(file, '', {mode: 0o755})
      symlinkSync('file', join(folder, 'link'))
      expect(weaknessForRoot(join(folder, 'link'))).toBeUndefined()
      chownSync(file, NOBODY, NOBODY)
      expect(weaknessForRoot(join(folder, 'link'))).toBe(`${file} belongs to user ${NOBODY}, not to root`)
      chownSync(file, 0, 0)
      chmodSync(folder, 0o770)
      expect(weaknessForRoot(file)).toBe(`${folder} can be written by others than root`)
    } finally {
      rmSync(folder, {recursive: true})
    }
  })
})
