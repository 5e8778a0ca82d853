/** One setting of a section: its text, and where it begins. Settings below an empty one (`s3 =`) are nested. */
export interface IniValue {
  readonly text: string
  /** From 1. */
  readonly line: number
  readonly nested?: Readonly<Record<string, string>> | undefined
}

export interface IniSection {
  /** All between the brackets, as it stands there. */
  readonly header: string
  readonly line: number
  /** By their names in lower case. */
  readonly values: ReadonlyMap<string, IniValue>
}

/** What is wrong with a file, in a few words, and where. */
export class IniError extends Error {
  override readonly name = 'IniError'
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/**
 * Reads an INI file as Python's RawConfigParser does, and so the AWS CLI: `=` or `:`, names in any case, comments on lines of
 * their own alone, and lines that are indented more than the one before go on with its value. Only a byte order mark, at
 * which the AWS CLI fails, is passed over. Throws an IniError where the AWS CLI refuses the whole file.
 */
export function parseIniFile(text: string): readonly IniSection[] {
  const sections: Draft[] = []
  let open: {readonly lines: string[]} | undefined
  let indent = 0
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const at = index + 1
    const value = line.trim()
    if (/^[#;]/.test(value)) continue
    if (value === '') {
      open?.lines.push('')
      continue
    }
    const depth = line.length - line.trimStart().length
    if (open && depth > indent) {
      open.lines.push(value)
      continue
    }
    indent = depth
    const header = /^\[(.+)\]/.exec(value)?.[1]
    if (header !== undefined) {
      if (sections.some((one) => one.header === header)) throw new IniError(at, `has a second section [${header}]`)
      sections.push({header, line: at, values: new Map()})
      open = undefined
      continue
    }
    const section = sections.at(-1)
    if (!section) throw new IniError(at, 'has a setting before the first section')
    const [, name = '', first = ''] = /^(.*?)\s*[=:]\s*(.*)$/.exec(value) ?? []
    if (name === '') throw new IniError(at, 'has a line that is neither a section nor a setting')
    const key = name.toLowerCase()
    if (section.values.has(key)) throw new IniError(at, `has ${key} a second time in [${section.header}]`)
    open = {lines: [first]}
    section.values.set(key, {line: at, lines: open.lines})
  }
  return sections.map(({values, ...section}) => ({
    ...section,
    values: new Map([...values].map(([key, draft]) => [key, valueOf(draft)])),
  }))
}

interface Draft extends Pick<IniSection, 'header' | 'line'> {
  readonly values: Map<string, {readonly line: number; readonly lines: string[]}>
}

function valueOf({line, lines}: {readonly line: number; readonly lines: readonly string[]}): IniValue {
  const text = lines.join('\n').trimEnd()
  if (!text.startsWith('\n')) return {text, line}
  const pairs = lines.flatMap((one, index): (readonly [string, string])[] => {
    if (one === '') return []
    const [, key, value] = /^([^=]*?)\s*=\s*(.*)$/.exec(one) ?? []
    if (key === undefined || value === undefined) throw new IniError(line + index, 'has an indented line without =')
    return [[key, value]]
  })
  return {text, line, nested: Object.fromEntries(pairs)}
}

/** The words of a section's header by the rules of a POSIX shell, as Python's shlex reads them; undefined for an open quote. */
export function headerWords(header: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let at = 0; at < header.length; at++) {
    const sign = header.charAt(at)
    if (quote !== undefined) {
      if (sign === quote) quote = undefined
      else if (sign === '\\' && quote === '"' && /["\\]/.test(header.charAt(at + 1))) word += header.charAt(++at)
      else word += sign
    } else if (sign === '"' || sign === "'") {
      quote = sign
      word ??= ''
    } else if (sign === '\\') {
      if (at + 1 === header.length) return undefined
      word = (word ?? '') + header.charAt(++at)
    } else if (/[ \t\r\n]/.test(sign)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + sign
    }
  }
  if (quote !== undefined) return undefined
  return word === undefined ? words : [...words, word]
}
