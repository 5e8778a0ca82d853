import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, it, vi} from 'vitest'
import {overflow} from '../../../../src/adapters/files/overflow.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overflow-test-'))
  vi.stubEnv('TMPDIR', folder)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, {recursive: true, force: true})
})

it('gives back what was appended, from any place', () => {
  const file = overflow.create()
  file.append(Buffer.from('to be or '))
  file.append(Buffer.from('not to be'))
  const words = Buffer.alloc(6)
  file.read(words, 6)
  expect(words.toString()).toBe('or not')
  expect(() => file.read(Buffer.alloc(10), 15)).toThrow('too early')
  file.close()
})

it('has no name, so nothing is left when the process is killed', () => {
  const file = overflow.create()
  file.append(Buffer.from('x'))
  expect(readdirSync(folder)).toEqual([])
  file.close()
})

it('throws when there is no room for it', () => {
  vi.stubEnv('TMPDIR', join(folder, 'missing'))
  expect(() => overflow.create()).toThrow('ENOENT')
})
