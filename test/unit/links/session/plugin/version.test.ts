import {describe, expect, it} from 'vitest'
import {isTooOld, readPluginVersion} from '../../../../../src/links/session/plugin/version.js'

describe('the version of a plugin', () => {
  it('is read from what it prints', () => {
    expect(readPluginVersion('1.2.677.0\n')).toBe('1.2.677.0')
    expect(readPluginVersion('1.2.677\n')).toBeUndefined()
    expect(readPluginVersion('psql (PostgreSQL) 15.18\n')).toBeUndefined()
    expect(readPluginVersion('')).toBeUndefined()
  })

  it.each([
    ['1.2.535.0', true],
    ['1.2.536.0', false],
    ['1.2.1000.0', false],
    ['1.2.99.0', true],
    ['1.2.0.0', true],
    ['1.1.900.0', true],
    ['2.0.0.0', false],
  ])('%s is too old: %s', (version, old) => {
    expect(isTooOld(version)).toBe(old)
  })
})
