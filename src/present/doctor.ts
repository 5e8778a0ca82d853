import type {Checkup, HopResult, HopStatus} from '../core/results/checkup.js'
import {wrap} from '../core/text/wrap.js'
import {printableLines} from '../core/text/printable.js'
import {redact} from '../core/text/redact.js'
import {shellLine} from '../core/text/shell-line.js'

const WORDS: Readonly<Record<HopStatus, string>> = {ok: 'ok', warn: 'warn', fail: 'FAIL', unknown: '?', skip: 'skip'}
/** SGR codes; what is right needs none. */
const COLOURS: Readonly<Record<HopStatus, number>> = {ok: 32, warn: 33, fail: 31, unknown: 36, skip: 90}
const TITLE_WIDTH = 17
const INDENT = 6 + TITLE_WIDTH

export interface DoctorTextOptions {
  /** The terminal's width, where there is one. */
  readonly columns: number | undefined
  readonly hasColours: boolean
}

/** One hop: its state, its title, what was found; then what to do, indented, each command whole on its line. */
export function hopText(hop: HopResult, {columns, hasColours}: DoctorTextOptions): string {
  const {status, title, detail, code, hint} = hop
  const word = WORDS[status].padEnd(6)
  const head = `${hasColours ? `\x1b[${COLOURS[status]}m${word}\x1b[0m` : word}${title.padEnd(TITLE_WIDTH)}`
  const said = clean(code === undefined ? detail : `${detail} [${code}]`)
  const lines = wrap(said, columns && Math.max(columns - INDENT, 20)).split('\n')
  const hints = hint === undefined ? [] : clean(hint).split('\n')
  return [
    head + lines[0],
    ...lines.slice(1).map((line) => ' '.repeat(INDENT) + line),
    ...hints.map((line) => `      ${line}`),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

/** The last line. */
export function verdictText({target, healthy, failing, exitCode, hops}: Checkup, columns: number | undefined): string {
  const title = hops.find(({id}) => id === failing)?.title ?? ''
  const text = healthy ? works(target) : `First problem: ${title} (exit status ${exitCode}).`
  return `\n${wrap(clean(text), columns)}\n`
}

function works(target: string | null): string {
  if (target !== null) return `dbtunnel psql ${shellLine([target])} works.`
  return 'All checks passed. To test one database end to end:\n  dbtunnel doctor TARGET'
}

/** Some of these words are AWS's, a database's or a stranger's. */
export function checkupJson(checkup: Checkup): Checkup {
  const hops = checkup.hops.map((hop) => ({
    ...hop,
    detail: clean(hop.detail),
    ...(hop.hint === undefined ? {} : {hint: clean(hop.hint)}),
  }))
  return {...checkup, hops}
}

function clean(text: string): string {
  return printableLines(redact(text))
}
