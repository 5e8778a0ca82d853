import type {IBuffer} from '@xterm/headless'
import {emulated, rendered} from '../support/rendered.js'

// A cell of the terminal, and what is around all of them, in pixels. Widths of a font's characters are about 0.6 of its
// size; each run of text is told its width, so that columns stay columns in every font.
const [FONT, WIDTH, HEIGHT] = [14, 8.4, 20]
const [MARGIN, BAR] = [16, 32]

// GitHub's dark colours, on light pages, too: a terminal is dark. The frame shows where it ends on a dark page.
const [GROUND, FRAME, TEXT] = ['#161b22', '#3d444d', '#e6edf3']
/** Black, red, green, yellow, blue, magenta, cyan, white; the bright ones are the same. */
const COLOURS = ['#6e7681', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4']

interface Run {
  readonly row: number
  readonly column: number
  readonly colour: string | undefined
  text: string
}

/**
 * An SVG of what stands on a terminal of this width after all this was written to it. Needs no script, style sheet or
 * font file.
 */
export async function drawn(written: string, columns: number, title: string): Promise<string> {
  const screen = await emulated(written, columns)
  const [cursorRow, cursorColumn] = [screen.baseY + screen.cursorY, screen.cursorX]
  const width = columns * WIDTH + 2 * MARGIN
  const height = BAR + (cursorRow + 1) * HEIGHT + MARGIN
  const x = (column: number): string => (MARGIN + column * WIDTH).toFixed(1)
  const y = (row: number): number => BAR + row * HEIGHT
  const text = ({row, column, colour, text}: Run): string =>
    `<text x="${x(column)}" y="${y(row) + FONT}" textLength="${(text.length * WIDTH).toFixed(1)}"` +
    `${colour ? ` fill="${colour}"` : ''}>${escaped(text)}</text>`
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      'role="img" aria-labelledby="title description">',
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped((await rendered(written, columns)).join('\n'))}</desc>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${GROUND}" stroke="${FRAME}"/>`,
    ...[0, 1, 2].map((at) => `<circle cx="${MARGIN + 6 + at * 20}" cy="${BAR / 2}" r="6" fill="${FRAME}"/>`),
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace" ` +
      `font-size="${FONT}" fill="${TEXT}" xml:space="preserve">`,
    ...runs(screen, cursorRow).map(text),
    '</g>',
    `<rect x="${x(cursorColumn)}" y="${y(cursorRow)}" width="${WIDTH}" height="${HEIGHT - 2}" fill="${TEXT}"/>`,
    '</svg>',
  ]
  return `${lines.join('\n')}\n`
}

/** Text of one colour, without the blanks around it. */
function runs(screen: IBuffer, lastRow: number): Run[] {
  const found: Run[] = []
  for (let row = 0; row <= lastRow; row++) {
    const line = screen.getLine(row)
    let run: Run | undefined
    for (let column = 0; column < (line?.length ?? 0); column++) {
      const cell = line?.getCell(column)
      const colour = cell?.isFgPalette() ? COLOURS[cell.getFgColor() % COLOURS.length] : undefined
      const text = cell?.getChars() || ' '
      if (run && run.colour === colour) run.text += text
      else if (text !== ' ') found.push((run = {row, column, colour, text}))
    }
  }
  return found.map((run) => ({...run, text: run.text.trimEnd()}))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
