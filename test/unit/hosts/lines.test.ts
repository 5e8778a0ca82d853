import fc from 'fast-check'
import {describe, expect, test, vi} from 'vitest'
import {foreignLinesFor, isSame, type Mark, marksIn, withLine, withoutLines} from '../../../src/hosts/lines.js'
import {contents, markLine, marks, NAME, OTHER_NAME, owners} from '../../support/hosts-content.js'

const RUNS = {numRuns: 2000}
vi.setConfig({testTimeout: 60_000})

const owner = {pid: 4242, started: '99-850dfb80-4026531836'}
const mine: Mark = {name: NAME, owner}

const isMark = (wanted: Mark) => (mark: Mark) => mark.name === wanted.name && isSame(mark.owner, wanted.owner)
const remove = (content: Buffer, mark: Mark): Buffer => withoutLines(content, isMark(mark))
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('adding and taking out', () => {
  test('the line goes to the end', () => {
    expect(withLine(bytes('127.0.0.1 localhost\n'), mine).toString()).toBe(
      `127.0.0.1 localhost\n127.0.0.1 ${NAME} # dbtunnel pid=4242 started=99-850dfb80-4026531836\n`,
    )
  })

  test('a last line without a line feed stays the last, and without one', () => {
    const added = withLine(bytes('127.0.0.1 localhost\n10.0.0.7 web'), mine)
    expect(added.toString()).toBe(`127.0.0.1 localhost\n${markLine(mine)}10.0.0.7 web`)
  })

  test('a line that is there is not added again', () => {
    const once = withLine(bytes('127.0.0.1 localhost\n'), mine)
    expect(withLine(once, mine)).toEqual(once)
  })

  test('any file: added, there is one whole line of ours; taken out, every byte is as before', () => {
    fc.assert(
      fc.property(contents, marks, (content, mark) => {
        fc.pre(!marksIn(content).some(isMark(mark)))
        const added = withLine(content, mark)
        expect(added.length).toBe(content.length + markLine(mark).length)
        expect(`\n${added.toString('latin1')}`).toContain(`\n${markLine(mark)}`)
        expect(marksIn(added).filter(isMark(mark))).toHaveLength(1)
        expect(remove(added, mark).equals(content)).toBe(true)
      }),
      RUNS,
    )
  })

  test('a big file with one line of a megabyte', () => {
    const content = Buffer.concat([bytes('10.0.0.1 a\n'), Buffer.alloc(1_048_576, 'x '), bytes('\n\xff\0')])
    const added = withLine(content, mine)
    expect(remove(added, mine).equals(content)).toBe(true)
  })
})

describe('several owners', () => {
  test('in whatever order they come and go, the file is what it was', () => {
    const coming = fc.uniqueArray(marks, {minLength: 1, maxLength: 5, selector: markLine})
    const order = coming.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, {minLength: all.length})))
    fc.assert(
      fc.property(contents, order, (content, [all, leaving]) => {
        fc.pre(!all.some((mark) => marksIn(content).some(isMark(mark))))
        let file = all.reduce(withLine, content)
        for (const [index, mark] of leaving.entries()) {
          expect(marksIn(file).filter((found) => all.some((one) => isMark(one)(found)))).toHaveLength(
            all.length - index,
          )
          file = remove(file, mark)
        }
        expect(file.equals(content)).toBe(true)
      }),
      RUNS,
    )
  })

  test('two runs on one database never take each other out', () => {
    const other = {name: NAME, owner: {...owner, started: '100-850dfb80-4026531836'}}
    const both = [mine, other].reduce(withLine, bytes('127.0.0.1 localhost\n'))
    expect(remove(both, mine).toString()).toBe(`127.0.0.1 localhost\n${markLine(other)}`)
  })

  test('what others write meanwhile stays, wherever they write it', () => {
    const edit = fc.record({lines: fc.array(fc.nat()), text: contents, append: fc.boolean()})
    fc.assert(
      fc.property(contents, marks, edit, (content, mark, {lines, text, append}) => {
        fc.pre(![content, text].some((part) => marksIn(part).some(isMark(mark))))
        // Someone's editor drops some lines of the file as it was with ours,
        // but not ours, and writes something at the beginning or the end.
        const change = (file: Buffer, keep: (line: string) => boolean): Buffer => {
          const kept = file
            .toString('latin1')
            .split(/(?<=\n)/)
            .filter(keep)
          const insert = text.length === 0 || append ? text : Buffer.concat([text, bytes('\n')])
          const rest = bytes(kept.join(''))
          return append ? Buffer.concat([rest, insert]) : Buffer.concat([insert, rest])
        }
        const dropped = new Set(lines.map((index) => content.toString('latin1').split(/(?<=\n)/)[index % 13]))
        const keep = (line: string): boolean => line === markLine(mark) || !dropped.has(line)
        const edited = change(withLine(content, mark), keep)
        expect(remove(edited, mark).equals(change(content, keep))).toBe(true)
      }),
      RUNS,
    )
  })

  test('our line is found after an editor changed its ending', () => {
    const crlf = bytes(`10.0.0.7 web\r\n${markLine(mine).replace('\n', '\r\n')}10.0.0.8 db\r\n`)
    expect(remove(crlf, mine).toString()).toBe('10.0.0.7 web\r\n10.0.0.8 db\r\n')
    const unended = bytes(`10.0.0.7 web\n${markLine(mine).trimEnd()}`)
    expect(remove(unended, mine).toString()).toBe('10.0.0.7 web\n')
  })
})

describe('taking out what the dead left', () => {
  test('exactly the lines of these owners go', () => {
    fc.assert(
      fc.property(contents, owners, fc.array(marks, {maxLength: 6}), (content, dead, alive) => {
        const theirs: Mark[] = [NAME, OTHER_NAME].map((name) => ({name, owner: dead}))
        fc.pre(![...marksIn(content), ...alive].some((mark) => isSame(mark.owner, dead)))
        const before = alive.reduce(withLine, content)
        const after = theirs.reduce(withLine, before)
        expect(withoutLines(after, (mark) => isSame(mark.owner, dead)).equals(before)).toBe(true)
      }),
      RUNS,
    )
  })

  test('a file without such lines is the very same', () => {
    const content = bytes('10.0.0.7 web\n')
    expect(withoutLines(content, () => true)).toBe(content)
  })
})

describe("other people's lines for a name", () => {
  const foreign = (text: string) => foreignLinesFor(bytes(text), NAME)

  test('are found with number, address and text', () => {
    expect(foreign(`# top\n\n10.1.2.3  web ${NAME.toUpperCase()} # by hand\n`)).toEqual([
      {number: 3, address: '10.1.2.3', text: `10.1.2.3  web ${NAME.toUpperCase()} # by hand`},
    ])
  })

  test.each([
    ['an IPv6 address', `::1 ${NAME}\n`, '::1'],
    ['Windows line ends', `10.1.2.3 ${NAME}\r\n`, '10.1.2.3'],
    ['no final line feed', `10.1.2.3\t${NAME}`, '10.1.2.3'],
    ['our address by hand', `127.0.0.1 ${NAME}\n`, '127.0.0.1'],
    ['a comment right behind', `10.1.2.3 ${NAME}# x\n`, '10.1.2.3'],
    ['almost a mark', `127.0.0.1 ${NAME} # dbtunnel pid=7\n`, '127.0.0.1'],
  ])('%s', (_, text, address) => {
    expect(foreign(text).map((line) => line.address)).toEqual([address])
  })

  test.each([
    ['in a comment', `# 10.1.2.3 ${NAME}\n10.0.0.1 web # ${NAME}\n`],
    ['as part of a longer name', `10.1.2.3 x${NAME} ${NAME}.local\n`],
    ['in the place of the address', `${NAME} 10.1.2.3\n`],
    ['without an address', `see ${NAME}\n`],
    ["on anyone's marked line", markLine({name: NAME, owner: {pid: 1, started: '1'}})],
  ])('the name %s does not count', (_, text) => {
    expect(foreign(text)).toEqual([])
  })

  test('the text shows control characters, can do nothing to a terminal, and is cut when long', () => {
    const [line] = foreign(`10.1.2.3\t${NAME}\x1b[2J\x07\xe9\0 ${'x'.repeat(5000)}\r\n`.replace('\x1b', ' \x1b'))
    expect(line?.text).toMatch(/^10\.1\.2\.3\\t\S+ \\x1b\[2J\\x07\\xe9\\x00 x+…$/)
    expect(line?.text.length).toBeLessThan(220)
  })
})
