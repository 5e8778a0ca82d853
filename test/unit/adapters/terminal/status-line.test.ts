import {EventEmitter} from 'node:events'
import {afterEach, beforeEach, expect, it} from 'vitest'
import {StatusLine} from '../../../../src/adapters/terminal/status-line.js'
import {rendered} from '../../../support/rendered.js'

/** As much of a terminal as is written to. */
class PaperScreen extends EventEmitter {
  columns = 80
  written = ''

  write(text: string): boolean {
    this.written += text
    return true
  }
}

let screen: PaperScreen
let line: StatusLine

beforeEach(() => {
  screen = new PaperScreen()
  line = new StatusLine(screen)
})
afterEach(() => line.end())

const shown = (): Promise<string[]> => rendered(screen.written)

it('is rewritten in place, a shorter one over a longer one, and an unchanged one not at all', async () => {
  line.show(() => ' a long line of status')
  line.show(() => ' short')
  expect(await shown()).toEqual([' short'])
  const before = screen.written
  line.show(() => ' short')
  expect(screen.written).toBe(before)
})

it('stays below the lines that are written meanwhile, and nothing of it between them', async () => {
  line.show(() => ' a long line of status')
  line.above('one\n')
  line.above('two\n')
  expect(await shown()).toEqual(['one', 'two', ' a long line of status'])
})

it('is drawn anew when the width changes, or when the run goes on after a stop', async () => {
  line.show((columns) => ` ${columns}`)
  screen.columns = 40
  screen.emit('resize')
  expect(await shown()).toEqual([' 40'])
  screen.write('the shell’s words\n')
  process.emit('SIGCONT')
  expect((await shown()).at(-1)).toBe(' 40')
})

it('is gone at the end, and for good', async () => {
  line.show(() => ' status')
  line.end()
  line.above('last\n')
  screen.emit('resize')
  process.emit('SIGCONT')
  expect(await shown()).toEqual(['last', ''])
})

it('writes lines alone where it was never shown', () => {
  line.above('one\n')
  expect(screen.written).toBe('one\n')
})
