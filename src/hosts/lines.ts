import type {ProcessIdentity} from '../core/ports/hosts.js'

/** The one address that dbtunnel ever maps a name to. */
export const LOOPBACK = '127.0.0.1'

const NEWLINE = 0x0a
const MARK = /^127\.0\.0\.1 (\S+) # dbtunnel pid=([1-9]\d{0,9}) started=([a-z0-9-]+)[ \t\r]*$/
/** What may stand as an address: digits and dots, or something with a colon. Other lines map nothing. */
const ADDRESS = /^[\d.]+$|:/
const LONGEST_QUOTE = 160

/** A line of dbtunnel's own. */
export interface Mark {
  readonly name: string
  readonly owner: ProcessIdentity
}

/** Someone else's line for a name. */
export interface ForeignLine {
  /** Counted from 1. */
  readonly number: number
  readonly address: string
  /** Cut when long, with everything but printable ASCII made visible. */
  readonly text: string
}

interface Line {
  readonly number: number
  readonly start: number
  /** After the line feed, if it has one. */
  readonly end: number
  /** Without the line feed; one character a byte. */
  readonly text: string
}

/** dbtunnel's own lines, of all owners, in order. */
export function marksIn(content: Buffer): readonly Mark[] {
  return [...lines(content)].flatMap((line) => markOf(line) ?? [])
}

/** Everyone else's lines that give `name` (lower case) an address. */
export function foreignLinesFor(content: Buffer, name: string): readonly ForeignLine[] {
  const found: ForeignLine[] = []
  for (const line of lines(content)) {
    if (markOf(line)) continue
    const [address, ...names] = words(line.text)
    if (address === undefined || !ADDRESS.test(address)) continue
    if (names.some((word) => word.toLowerCase() === name)) {
      found.push({number: line.number, address, text: quoted(line.text)})
    }
  }
  return found
}

/**
 * Adds the owner's line, unless it is there. It goes to the end, but before a
 * last line without a line feed: so a file's missing final line feed stays
 * missing, even if another program appends meanwhile, and taking the line out gives back the
 * exact bytes.
 */
export function withLine(content: Buffer, {name, owner}: Mark): Buffer {
  const present = marksIn(content).some((mark) => mark.name === name && isSame(mark.owner, owner))
  if (present) return content
  const end = content.lastIndexOf(NEWLINE) + 1
  const line = `${LOOPBACK} ${name} # dbtunnel pid=${owner.pid} started=${owner.started}\n`
  return Buffer.concat([content.subarray(0, end), Buffer.from(line, 'latin1'), content.subarray(end)])
}

/** Takes out those of dbtunnel's own lines that `drop` names; every other byte stays. */
export function withoutLines(content: Buffer, drop: (mark: Mark) => boolean): Buffer {
  const kept: Buffer[] = []
  let from = 0
  for (const line of lines(content)) {
    const mark = markOf(line)
    if (!mark || !drop(mark)) continue
    kept.push(content.subarray(from, line.start))
    from = line.end
  }
  return from === 0 ? content : Buffer.concat([...kept, content.subarray(from)])
}

export function isSame(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.started === other.started
}

function* lines(content: Buffer): Generator<Line> {
  for (let start = 0, number = 1; start < content.length; number++) {
    const feed = content.indexOf(NEWLINE, start)
    const stop = feed === -1 ? content.length : feed
    const end = feed === -1 ? stop : feed + 1
    yield {number, start, end, text: content.toString('latin1', start, stop)}
    start = end
  }
}

function markOf(line: Line): Mark | undefined {
  const [, name, pid, started] = MARK.exec(line.text) ?? []
  if (name === undefined || pid === undefined || started === undefined) return undefined
  return {name, owner: {pid: Number(pid), started}}
}

/** As the C library splits a line: at ASCII white space, up to a comment. */
function words(text: string): string[] {
  const hash = text.indexOf('#')
  return (hash === -1 ? text : text.slice(0, hash)).split(/[ \t\r\v\f]+/).filter((word) => word !== '')
}

function quoted(text: string): string {
  const cut = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text
  return cut.replace(/[^ -~…]/g, (character) => {
    if (character === '\t') return '\\t'
    if (character === '\r') return '\\r'
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
