/** What JSON.parse made of a text that may be damaged, or made by someone: each value is held to the grammar of its kind. */
export type Fields = Readonly<Record<string, unknown>>

export function record(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no record`)
  return value as Fields
}

export function list<T>(value: unknown, what: string, read: (one: unknown) => T): readonly T[] {
  if (!Array.isArray(value)) throw new Error(`${what} is no list`)
  return value.map(read)
}

export function word(fields: Fields, name: string, grammar: RegExp): string {
  const value = fields[name]
  if (typeof value === 'string' && grammar.test(value)) return value
  throw new Error(`${name} is not what it should be`)
}

export function maybe(fields: Fields, name: string, grammar: RegExp): string | undefined {
  return fields[name] === undefined ? undefined : word(fields, name, grammar)
}

/** A whole number that is not negative, such as a count or milliseconds. */
export function count(fields: Fields, name: string): number {
  const value = fields[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`${name} is no number`)
}

/** One line of text, for people. */
export const TEXT = /^\P{Cc}{0,256}$/u
/** An id such as `vpc-0a1b`, `eu-west-1a`, `db-ABC`. */
export const ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,79}$/
/** What Session Manager calls a node, such as `i-0a1b2c3d` or `ecs:CLUSTER_TASK_RUNTIME`. */
export const NODE_ID = /^[a-z]{1,8}[-:][\w-]{8,400}$/
