import {isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, type YAMLError} from 'yaml'
import {clip, quoted} from '../../core/text/clip.js'
import {type DbtunnelError, type ErrorCode, fail} from '../../core/errors.js'
import type {ConfigText} from '../../core/ports/config-files.js'

export type Path = readonly (string | number)[]

/** A config file as plain data, and where each part of it stands. */
export interface Yaml {
  readonly value: unknown
  /** Of the key or item at this path, else of the nearest one above it. */
  lineOf(path: Path): number
  /** Makes the error to throw: `FILE:LINE:COLUMN: KEY message`. */
  failAt(path: Path, message: string, details?: {code?: ErrorCode; hint?: string | undefined}): DbtunnelError
}

/** In the place of the library's own, which are for programmers, or show what stands in the file. */
const MESSAGES: Readonly<Partial<Record<string, string>>> = {
  BAD_DIRECTIVE: 'This directive (%) is not taken',
  MULTIPLE_DOCS: 'A second document begins: there must be one',
  RESOURCE_EXHAUSTION: 'It is nested too deeply',
  TAG_RESOLVE_FAILED: 'Tags (!) are not taken',
}

/** Counted from 1. */
interface Place {
  readonly line: number
  readonly col: number
}

/**
 * YAML 1.2 (yaml, for its line and column of everything) without what makes a text mean something else than it seems to:
 * no anchors, no tags, no key twice, no second document. Rejects with CONFIG_INVALID at the place.
 */
export function parseYaml({path: file, text}: ConfigText): Yaml {
  const counter = new LineCounter()
  const refuse = (offset: number, message: string): DbtunnelError => {
    // What never ends is shown where it stands, not behind the last line.
    const {line, col} = counter.linePos(Math.min(offset, Math.max(text.trimEnd().length - 1, 0)))
    const [, key] = /^[\s-]*["']?([\w.-]{1,64})["']?\s*:/.exec(text.split('\n')[line - 1] ?? '') ?? []
    return fail('CONFIG_INVALID', `${file}:${line}:${col}: ${key === undefined ? '' : `${key}: `}${message}.`)
  }
  try {
    // Doubled keys are looked for below: the library compares each with each.
    const document = parseDocument(text, {
      lineCounter: counter,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false,
    })
    const [problem] = [...document.errors, ...document.warnings]
    if (problem) throw refuse(problem.pos[0], messageOf(problem))
    const control = /[^\P{Cc}\t\n\r]/u.exec(text)
    if (control) throw refuse(control.index, 'There is a control character')
    return located(file, document.contents, counter, refuse)
  } catch (error) {
    // The stack is full.
    if (error instanceof RangeError) throw refuse(0, 'It is nested too deeply')
    throw error
  }
}

/** Without the piece of the file that some of them end in: it may be a secret, and no config file at all. */
function messageOf({code, message}: YAMLError): string {
  const known = MESSAGES[code] ?? message
  return code === 'UNEXPECTED_TOKEN' ? known.replace(/: .*$/s, '') : known
}

function located(
  file: string,
  root: ParsedNode | null,
  counter: LineCounter,
  refuse: (offset: number, message: string) => DbtunnelError,
): Yaml {
  const places = new Map<string, Place>()
  const plain = (node: ParsedNode | null, path: Path): unknown => {
    if (!node) return null
    const [start] = node.range
    if (isAlias(node) || node.anchor !== undefined) throw refuse(start, 'Anchors and aliases (&, *) are not taken')
    if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:'))
      throw refuse(start, 'Tags (!) are not taken')
    const at = (key: string | number, offset: number, value: ParsedNode | null): unknown => {
      places.set(JSON.stringify([...path, key]), counter.linePos(offset))
      return plain(value, [...path, key])
    }
    if (isSeq(node)) return node.items.map((item, index) => at(index, item.range[0], item))
    if (!isMap(node)) return isScalar(node) ? node.value : null
    const entries = new Map<string, unknown>()
    for (const {key, value} of node.items) {
      const [offset] = key.range
      const name = isScalar(key) ? String(key.value) : ''
      if (name === '__proto__') throw refuse(offset, 'There is no such key')
      if (entries.has(name)) throw refuse(offset, `The key ${quoted(name)} is there twice`)
      entries.set(name, at(name, offset, value))
    }
    return Object.fromEntries(entries)
  }
  const value = plain(root, [])
  const placeOf = (path: Path): Place =>
    places.get(JSON.stringify(path)) ?? (path.length === 0 ? {line: 1, col: 1} : placeOf(path.slice(0, -1)))
  return {
    value,
    lineOf: (path) => placeOf(path).line,
    failAt(path, message, {code = 'CONFIG_INVALID', hint} = {}) {
      const {line, col} = placeOf(path)
      const key = path.length === 0 ? '' : `${path.map((part) => clip(String(part), 80)).join('.')}: `
      return fail(code, `${file}:${line}:${col}: ${key}${message}`, {hint})
    },
  }
}
