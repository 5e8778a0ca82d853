import {AwsFault} from '../fault.js'

/** What a JSON request said, checked field by field; a wrong one is AWS's ValidationException. */
export class JsonInput {
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields
  }

  text(name: string, {least, most}: {least: number; most: number}): string | undefined {
    const value = this.#fields[name]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string') throw malformed(`${name} is not a string`)
    if (value.length < least) throw invalid(name, value, `have length greater than or equal to ${least}`)
    if (value.length > most) throw invalid(name, value, `have length less than or equal to ${most}`)
    return value
  }

  requiredText(name: string, limits: {least: number; most: number}): string {
    const value = this.text(name, limits)
    if (value === undefined) throw invalid(name, 'null', 'not be null')
    return value
  }

  number(name: string, {least, most}: {least: number; most: number}): number | undefined {
    const value = this.#fields[name]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'number' || !Number.isInteger(value)) throw malformed(`${name} is not an integer`)
    if (value < least) throw invalid(name, String(value), `have value greater than or equal to ${least}`)
    if (value > most) throw invalid(name, String(value), `have value less than or equal to ${most}`)
    return value
  }

  strings(name: string, {least, most}: {least: number; most: number}): readonly string[] {
    const value = this.#fields[name]
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
      throw malformed(`${name} is not a list of strings`)
    }
    if (value.length < least) throw invalid(name, `[${value.join()}]`, `have length greater than or equal to ${least}`)
    if (value.length > most) throw invalid(name, `[${value.join()}]`, `have length less than or equal to ${most}`)
    return value
  }

  /** A list of structures; undefined when it is absent. */
  structures(name: string): readonly JsonInput[] | undefined {
    const value = this.#fields[name]
    if (value === undefined || value === null) return undefined
    if (!Array.isArray(value) || !value.every(isRecord)) throw malformed(`${name} is not a list of structures`)
    return value.map((item) => new JsonInput(item))
  }

  /** A map of lists of strings; empty when it is absent. */
  stringLists(name: string): Readonly<Record<string, readonly string[]>> {
    const value = this.#fields[name] ?? {}
    if (!isRecord(value)) throw malformed(`${name} is not a map`)
    const map = new JsonInput(value)
    return Object.fromEntries(Object.keys(value).map((key) => [key, map.strings(key, {least: 0, most: 1000})]))
  }
}

/** The body of a JSON request. */
export function parseJsonInput(body: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw malformed('the body is not JSON')
  }
  if (!isRecord(value)) throw malformed('the body is not an object')
  return value
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(why: string): AwsFault {
  return new AwsFault('SerializationException', why)
}

function invalid(name: string, value: string, rule: string): AwsFault {
  const member = `${name.charAt(0).toLowerCase()}${name.slice(1)}`
  const message = `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must ${rule}`
  return new AwsFault('ValidationException', message)
}
