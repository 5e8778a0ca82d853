import {describe, expect, it} from 'vitest'
import {checkVariables, variableLines} from '../../../../src/core/text/shell-variables.js'

it('has characters of patterns outside of the quotes', () => {
  expect(variableLines('sh', ['PGSERVICE'], {PGUSER: 'a*b', PGDATABASE: 'x?[y]'})).toEqual([
    'unset PGSERVICE;',
    String.raw`export PGUSER='a'\*'b';`,
    String.raw`export PGDATABASE='x'\?\['y]';`,
  ])
})

describe('values that a shell would not read back', () => {
  it.each(['a\nb', 'a\tb', '\u001b[A', 'x\u202ey', '\ud800'])('are refused: %j', (value) => {
    expect(() => checkVariables({PGUSER: 'alice', PGDATABASE: value})).toThrow(
      expect.objectContaining({
        code: 'VALUE_INVALID',
        message: expect.stringMatching(
          /^PGDATABASE cannot be printed as a shell variable: its value holds a control char/,
        ),
      }),
    )
  })

  it('are refused where a terminal would cut the line', () => {
    checkVariables({PGUSER: 'x'.repeat(3900)})
    expect(() => checkVariables({PGUSER: 'x'.repeat(4000)})).toThrow(/^PGUSER [^]* is longer than/)
    expect(() => checkVariables({PGUSER: "'".repeat(2100)})).toThrow(/^PGUSER [^]* is longer than/)
  })
})

it('takes all others', () => {
  checkVariables({PGUSER: 'alice', PGDATABASE: "it's $(id) `id` \\ ! é \u{1f418}", PGOPTIONS: ''})
})
