import {wrap} from '../../core/text/wrap.js'
import {printableLines} from '../../core/text/printable.js'
import {redact} from '../../core/text/redact.js'
import type {Say} from '../../core/run.js'
import {hasTerminal, isForeground} from './foreground.js'
import {StatusLine} from './status-line.js'

/**
 * stderr as dbtunnel uses it: whole lines, redacted, without control characters, held back while live
 * progress draws. Both streams are opened here, before any client inherits
 * them: opened later, Node would switch the shared pipe to non-blocking and
 * the client would lose its output.
 */
export class Terminal implements Say {
  readonly stdout: NodeJS.WriteStream = process.stdout
  readonly stderr: NodeJS.WriteStream = process.stderr
  readonly #options: {readonly quiet: boolean; readonly debug: boolean; readonly json: boolean}
  readonly #status = new StatusLine(this.stderr)
  #held: string[] | undefined
  #echo: (line: string) => void = () => {}
  #show: (line: string) => void = () => {}

  constructor(options: {quiet: boolean; debug: boolean; json?: boolean}) {
    this.#options = {json: false, ...options}
  }

  /** --quiet or --json: a program reads what we say, or nobody does. */
  get isForPrograms(): boolean {
    return this.#options.quiet || this.#options.json
  }

  /** Whether stderr is a terminal that understands control codes (TERM=dumb: one that does not). */
  get isScreen(): boolean {
    return this.stderr.isTTY && process.env['TERM'] !== 'dumb'
  }

  /** Whether stdout is a terminal with colours that the user wants (NO_COLOR). */
  get hasColours(): boolean {
    return this.stdout.isTTY && this.stdout.hasColors()
  }

  /** Whether that screen is ours alone for a while. */
  get draws(): boolean {
    return this.isScreen && isForeground()
  }

  /** Whether a terminal controls us: then it sends Ctrl-C to the client, too. */
  get controls(): boolean {
    return hasTerminal()
  }

  notice(line: string, amid?: 'client'): void {
    if (this.#options.quiet) return
    this.#echo(line)
    const {columns, isTTY} = this.stderr
    if (amid === undefined) this.#line(wrap(line, columns))
    else this.#line(`${isTTY ? '\n' : ''}${wrap(`dbtunnel: ${line}`, columns)}`)
  }

  /** Gives each notice there, too. */
  echo(to: (line: string) => void): void {
    this.#echo = to
  }

  debug(line: string): void {
    if (this.#options.debug) this.#line(`debug: ${line}`)
  }

  /** Keeps lines back until `release`; meanwhile `show` draws each. */
  hold(show: (line: string) => void = () => {}): void {
    this.#held ??= []
    this.#show = show
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const line of held) this.stderr.write(line)
  }

  /** One line below all others, kept up to date: what `text` makes of the terminal's width. Without `text` it goes. */
  status(text: ((columns: number) => string) | undefined): void {
    if (text) this.#status.show(text)
    else this.#status.end()
  }

  #line(line: string): void {
    const clean = `${printableLines(redact(line))}\n`
    if (this.#held) {
      this.#held.push(clean)
      this.#show(clean.trimEnd())
    } else this.#status.above(clean)
  }
}
