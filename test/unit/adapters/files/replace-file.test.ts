import {chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {replaceFile} from '../../../../src/adapters/files/replace-file.js'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replace-'))
  file = join(folder, 'file')
})
afterEach(() => rmSync(folder, {recursive: true}))

const content = (): string => readFileSync(file, 'utf8')

describe('a file that is written whole', () => {
  it('is this user’s alone, whatever the umask and the old mode', () => {
    writeFileSync(file, 'old')
    chmodSync(file, 0o666)
    const umask = process.umask(0o777)
    try {
      expect(replaceFile(file, 'new')).toBe(true)
    } finally {
      process.umask(umask)
    }
    expect(content()).toBe('new')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('takes the place of a link, and leaves what that leads to', () => {
    writeFileSync(join(folder, 'other'), 'theirs')
    symlinkSync('other', file)
    replaceFile(file, 'ours')
    expect(content()).toBe('ours')
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('theirs')
  })

  it('is the old one, without a draft beside it, where it may not be replaced or cannot be', () => {
    writeFileSync(file, 'old')
    expect(replaceFile(file, 'new', {isDurable: true, mayReplace: () => false})).toBe(false)
    const prepare = (): never => {
      throw new Error('no such owner')
    }
    expect(() => replaceFile(file, 'new', {prepare})).toThrow('no such owner')
    expect(content()).toBe('old')
    expect(readdirSync(folder)).toEqual(['file'])
  })

  it('never writes to a draft that is there already', () => {
    writeFileSync(join(folder, 'draft'), 'theirs')
    expect(() => replaceFile(file, 'new', {draft: join(folder, 'draft')})).toThrow('EEXIST')
    expect(readFileSync(join(folder, 'draft'), 'utf8')).toBe('theirs')
  })
})
