import {execFileSync} from 'node:child_process'
import {expect, it} from 'vitest'
import {shellLine} from '../../../../src/core/text/shell-line.js'

it('is read back by a shell as the same words, and is one line', () => {
  const words = [
    'plain-1_@%+=:,./',
    '',
    "it's",
    'a b',
    '$HOME `id` \\',
    '"',
    '-c',
    '*',
    'ü\u{1f418}',
    'two\nlines\t\x1b[0m',
    "\x7f'\\1",
  ]
  const line = shellLine(words)
  // eslint-disable-next-line no-control-regex
  expect(line).not.toMatch(/[\x00-\x1f\x7f]/)
  const read = execFileSync('bash', ['-c', `for word in ${line}; do printf '%s\\0' "$word"; done`], {encoding: 'utf8'})
  expect(read.split('\0').slice(0, -1)).toEqual(words)
})

it('leaves words alone that need no quotes', () => {
  expect(shellLine(['dbtunnel', 'psql', 'prod-db:reader', '-vX=1'])).toBe('dbtunnel psql prod-db:reader -vX=1')
})
