/** What AWS CLI passes to the plugin. */
export interface Call {
  readonly region: string
  readonly profile: string
  readonly endpoint: string
  readonly target: string
  readonly grant: {readonly sessionId: string; readonly tokenValue: string; readonly streamUrl: string}
}

/** Go's nil pointer: a trace on stderr, status 2. */
export class Panic extends Error {}

/** Reads three to six words. Throws a Panic, or an Error whose message the plugin prints. */
export function readCall(words: readonly string[], environment: NodeJS.ProcessEnv): Call {
  const [first = '', region = '', operation, profile = '', request, endpoint = ''] = words
  let text = first
  if (first.startsWith('AWS_SSM_START_SESSION_RESPONSE')) {
    text = environment[first] ?? ''
    delete environment[first]
  }
  const target = request === undefined ? '' : requiredText(parse(request), 'Target')
  if (operation !== 'StartSession') throw new Error('Invalid Operation')
  const response = parse(text)
  if (response === undefined) throw new Error('Cannot perform start session: unexpected end of JSON input\n')
  const grant = {
    sessionId: requiredText(response, 'SessionId'),
    tokenValue: requiredText(response, 'TokenValue'),
    streamUrl: requiredText(response, 'StreamUrl'),
  }
  return {region, profile, endpoint, target, grant}
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function requiredText(record: unknown, name: string): string {
  const value: unknown = typeof record === 'object' && record !== null ? Reflect.get(record, name) : undefined
  if (typeof value === 'string') return value
  throw new Panic('panic: runtime error: invalid memory address or nil pointer dereference')
}
