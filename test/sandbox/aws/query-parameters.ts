/** The parameters of a query-protocol request: flat names with dots and numbers, such as `Filter.1.Value.2`. */
export class QueryParameters {
  readonly #fields: ReadonlyMap<string, string>
  readonly #prefix: string

  constructor(fields: Iterable<readonly [string, string]>, prefix = '') {
    this.#fields = new Map(fields)
    this.#prefix = prefix
  }

  get(name: string): string | undefined {
    return this.#fields.get(this.#prefix + name)
  }

  /** `NAME.1`, `NAME.2`, … in order. */
  list(name: string): readonly string[] {
    const values: string[] = []
    for (let value = this.get(`${name}.1`); value !== undefined; value = this.get(`${name}.${values.length + 1}`)) {
      values.push(value)
    }
    return values
  }

  /** The structures under `NAME.1.`, `NAME.2.`, … in order. */
  structures(name: string): readonly QueryParameters[] {
    const found: QueryParameters[] = []
    const has = (prefix: string): boolean => [...this.#fields.keys()].some((key) => key.startsWith(prefix))
    for (let number = 1; has(`${this.#prefix}${name}.${number}.`); number++) {
      found.push(new QueryParameters(this.#fields, `${this.#prefix}${name}.${number}.`))
    }
    return found
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries(this.#fields)
  }
}
