import {describe, expect, it} from 'vitest'
import {hasPrompt, promptWords} from '../../../../src/clients/psql/prompt.js'

describe('hasPrompt', () => {
  it.each([
    [[]],
    [['-X', '-v', 'A=1', '-qAt']],
    [['-v', '-c']],
    [['--set', '--command=x', '-o', '-l']],
    [['--', '-c']],
  ])('%j: psql asks for commands', (words) => {
    expect(hasPrompt(words)).toBe(true)
  })

  it.each([
    [['-c', 'select 1']],
    [['-Atc', 'select 1']],
    [['-X', '--comm=select 1']],
    [['-v', 'A=1', '-f', 'x.sql']],
    [['-l']],
    [['-Al']],
    [['--version']],
    [['-?']],
    [['--help=commands']],
  ])('%j: it does not', (words) => {
    expect(hasPrompt(words)).toBe(false)
  })
})

describe('promptWords', () => {
  const shown = (readOnly: boolean, production: boolean) => promptWords('prod-db', {readOnly, production})[1]

  it('say whether the target can be written to, where dbtunnel has a say in that', () => {
    expect(shown(true, true)).toBe('DBTUNNEL=prod-db [read-only]')
    expect(shown(true, false)).toBe('DBTUNNEL=prod-db [read-only]')
    expect(shown(false, true)).toBe('DBTUNNEL=prod-db [write]')
    expect(shown(false, false)).toBe('DBTUNNEL=prod-db')
  })

  it('have the name in a variable, for psql would expand a % of the prompt itself', () => {
    const words = promptWords('100%/n', {readOnly: false, production: false})
    expect(words.slice(2)).toEqual(['-v', 'PROMPT1=%:DBTUNNEL: %/%R%x%# '])
  })
})
