import {expect, it} from 'vitest'
import {shellLine, shownName} from '../../../../src/core/text/shell-line.js'

it.each([
  [
    ['dbtunnel', 'psql', 'prod-db:reader', '-vX=1', 'tag:Name=bastion'],
    'dbtunnel psql prod-db:reader -vX=1 tag:Name=bastion',
  ],
  [['', "it's", 'a\\b', '$HOME `id`'], String.raw`'' 'it'\''s' 'a'"\\"'b' '$HOME ${'`'}id${'`'}'`],
  [['=ls', '%self', 'a:=ls', 'x==ls', '~', '*', '#'], `'=ls' '%self' 'a:=ls' x='=ls' '~' '*' '#'`],
  [['--reason=TICKET: what for', '-d='], `--reason='TICKET: what for' -d=`],
])('quotes what a shell would act on, and nothing else: %j', (words, line) => {
  expect(shellLine(words)).toBe(line)
})

it.each(['two\nlines', 'a\tb', '\u001b[2J', '\u0085', '\u202e', '\u2028', '\ud800'])(
  'does not offer %j to be pasted',
  (word) => {
    expect(shellLine(['dbtunnel', 'psql', word, '-q'])).toBe("dbtunnel psql '<a word with control characters>' -q")
  },
)

it('does not offer a line that a terminal would cut', () => {
  const words = ['dbtunnel', 'psql', 'x'.repeat(3950)]
  expect(shellLine(words)).toBe(words.join(' '))
  expect(shellLine([...words, 'x'.repeat(50)])).toBe("'<a command too long to be shown>'")
})

it('shows a name as it would have to be typed', () => {
  expect(shownName('prod-bastion-a')).toBe('prod-bastion-a')
  expect(shownName('prod bastion $(touch x)')).toBe("'prod bastion $(touch x)'")
  expect(shownName('a\nb\u202e')).toBe("'a?b?'")
})
