import {isForeground} from './foreground.js'

/** To the first column, and all from there to the end of the screen. */
const WIPE = '\r\u001B[J'
const USUAL_COLUMNS = 80

/** What the line needs of a terminal. */
type Screen = Pick<NodeJS.WriteStream, 'columns'> & {
  write(text: string): unknown
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

/**
 * One line at the end of what a terminal shows, rewritten in place. The cursor
 * waits in its first column: wherever a terminal moves it to when its width
 * changes, the line begins there, also when it was broken into two.
 */
export class StatusLine {
  readonly #screen: Screen
  #text: ((columns: number) => string) | undefined
  /** What stands on the screen. */
  #drawn = ''

  constructor(screen: Screen) {
    this.#screen = screen
  }

  /** Shows what `text` makes of the terminal's width; it has to be narrower. Not while others own the screen. */
  show(text: (columns: number) => string): void {
    if (!this.#text) {
      this.#screen.on('resize', this.#redraw)
      process.on('SIGCONT', this.#redraw)
    }
    this.#text = text
    this.#draw()
  }

  /** Writes lines above it. */
  above(lines: string): void {
    const wipe = this.#drawn === '' ? '' : WIPE
    this.#drawn = ''
    this.#screen.write(wipe + lines)
    this.#draw()
  }

  /** Takes it away. */
  end(): void {
    this.#screen.off('resize', this.#redraw)
    process.off('SIGCONT', this.#redraw)
    this.#text = undefined
    if (this.#drawn !== '' && isForeground()) this.#screen.write(WIPE)
    this.#drawn = ''
  }

  /** Whatever stands there now is not to be relied on. */
  readonly #redraw = (): void => {
    this.#drawn = ''
    this.#draw()
  }

  #draw(): void {
    if (!this.#text || !isForeground()) return
    const line = this.#text(this.#screen.columns || USUAL_COLUMNS)
    if (line === this.#drawn) return
    this.#drawn = line
    this.#screen.write(`${WIPE}${line}\r`)
  }
}
