// A small evaluator of identity policies: what dbtunnel's policies and their variations need, and nothing more.

export interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> | undefined
}

export interface Policy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

/** Condition keys and policy variables of one request, such as `aws:userid`. Case does not matter in keys. */
export type RequestContext = Readonly<Record<string, string | undefined>>

export interface Question {
  /** `service:Action` */
  readonly action: string
  /** An ARN, or `*` where the action knows no resources. */
  readonly resource: string
  readonly context: RequestContext
}

export type Verdict = 'allowed' | 'implicit-deny' | 'explicit-deny'

/** A deny wins over any allow; without an allow it is denied. */
export function evaluate(policies: readonly Policy[], question: Question): Verdict {
  const context = new Map(Object.entries(question.context).map(([key, value]) => [key.toLowerCase(), value]))
  const holding = policies
    .flatMap(({Statement}) => Statement)
    .filter((statement) => holds(statement, question, context))
  if (holding.some(({Effect}) => Effect === 'Deny')) return 'explicit-deny'
  return holding.length > 0 ? 'allowed' : 'implicit-deny'
}

type Context = ReadonlyMap<string, string | undefined>

function holds(statement: Statement, {action, resource}: Question, context: Context): boolean {
  return (
    listOf(statement.Action).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    listOf(statement.Resource).some((pattern) => matchesVariables(pattern, resource, context)) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => conditionHolds(operator, key, listOf(wanted), context)),
    )
  )
}

function conditionHolds(operator: string, key: string, wanted: readonly string[], context: Context): boolean {
  const [, base = '', ifExists] = /^(\w+?)(IfExists)?$/.exec(operator) ?? []
  const actual = context.get(key.toLowerCase())
  if (base === 'Null') return wanted.some((value) => (value.toLowerCase() === 'true') === (actual === undefined))
  const negated = base.startsWith('StringNot')
  if (actual === undefined) return ifExists !== undefined || negated
  const one = comparison(base)
  const any = wanted.some((value) => one(value, actual, context))
  return negated ? !any : any
}

function comparison(base: string): (wanted: string, actual: string, context: Context) => boolean {
  switch (base) {
    case 'Bool':
      return (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase()
    case 'StringEquals':
    case 'StringNotEquals':
      return (wanted, actual, context) => substitute(wanted, context, (text) => text) === actual
    case 'StringLike':
    case 'StringNotLike':
    case 'ArnLike':
      return matchesVariables
    default:
      throw new Error(`the sandbox's policies know no condition operator ${base}`)
  }
}

/** A pattern with wildcards and `${variables}`; a variable's value never acts as a wildcard. */
function matchesVariables(pattern: string, text: string, context: Context): boolean {
  const known = substitute(pattern, context, (value) => value.replace(/[*?]/g, '\0$&'))
  return known !== undefined && matches(known, text)
}

/** Undefined when a variable has no value: then the statement holds for nothing. */
function substitute(pattern: string, context: Context, spell: (value: string) => string): string | undefined {
  let missing = false
  const text = pattern.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    const value = context.get(name.toLowerCase())
    missing ||= value === undefined
    return spell(value ?? '')
  })
  return missing ? undefined : text
}

/** `*` is any text, `?` any character; behind a NUL both are plain. */
function matches(pattern: string, text: string): boolean {
  const source = pattern.replace(/\0[*?]|[\\^$.*+?()[\]{}|]/g, (mark) => {
    if (mark.startsWith('\0')) return `\\${mark.slice(1)}`
    return mark === '*' ? '.*' : mark === '?' ? '.' : `\\${mark}`
  })
  return new RegExp(`^${source}$`, 's').test(text)
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
