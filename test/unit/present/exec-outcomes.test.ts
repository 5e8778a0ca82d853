import {expect, it} from 'vitest'
import {fail} from '../../../src/core/errors.js'
import {type ExecOutcome, statusOfAll} from '../../../src/core/results/exec-outcome.js'
import {outcomesText} from '../../../src/present/exec-outcomes.js'

const well: ExecOutcome = {target: 'prod-db', end: {kind: 'ended', status: 0}, tookMs: 1200}
const unreachable = fail('DATABASE_UNREACHABLE', 'No way there.')
const outcomes: readonly ExecOutcome[] = [
  well,
  {target: 'sealed-db', end: {kind: 'failed', error: unreachable}, tookMs: 61_000},
  {target: 'billing-db', end: {kind: 'ended', status: 3}, tookMs: 300},
  {target: 'other-db', end: {kind: 'not-started'}, tookMs: 0},
]

it('is a table of what became of each', () => {
  expect(outcomesText(outcomes, 4, 80)).toBe(`TARGET      STATUS                   TIME
prod-db     0                        1 s
sealed-db   69 DATABASE_UNREACHABLE  1 min
billing-db  3                        0 s
other-db    not started              -
3 of 4 targets failed.
`)
  expect(outcomesText([well], 1, 80)).toMatch(/\nThe target succeeded\.\n$/)
})

it('has the status of the first in the list that is not well', () => {
  expect(statusOfAll([well])).toBe(0)
  expect(statusOfAll(outcomes)).toBe(69)
  expect(statusOfAll([...outcomes].reverse())).toBe(3)
})
