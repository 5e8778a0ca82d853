import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {wrap} from '../../../../src/core/text/wrap.js'

describe('folding prose', () => {
  it('breaks lines between words, and never a word', () => {
    const text = 'Bastion i-1 cannot reach prod-db.c1.eu-west-1.rds.amazonaws.com:5432. Closed.'
    expect(wrap(text, 24)).toBe('Bastion i-1 cannot reach\nprod-db.c1.eu-west-1.rds.amazonaws.com:5432.\nClosed.')
  })

  it('fills every line as far as the next word lets it, and loses nothing', () => {
    const words = fc.array(fc.stringMatching(/^[a-z.]{1,30}$/), {minLength: 1})
    fc.assert(
      fc.property(words, fc.integer({min: 1, max: 40}), (list, columns) => {
        const lines = wrap(list.join(' '), columns).split('\n')
        expect(lines.join(' ')).toBe(list.join(' '))
        lines.forEach((line, index) => {
          const next = lines[index + 1]?.split(' ')[0]
          expect(line.length <= columns || !line.includes(' ')).toBe(true)
          expect(next === undefined || `${line} ${next}`.length > columns).toBe(true)
        })
      }),
    )
  })

  it('keeps a command whole, which is indented', () => {
    expect(wrap('For them:\n  dbtunnel open prod-db --resolve hosts', 20)).toBe(
      'For them:\n  dbtunnel open prod-db --resolve hosts',
    )
  })

  it('leaves text alone where no width is known', () => {
    const text = 'a long line that nobody breaks\nand another'
    expect(wrap(text, undefined)).toBe(text)
    expect(wrap(text, 0)).toBe(text)
  })
})
