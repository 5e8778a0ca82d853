/** What the session-manager-plugin tells by what it prints (real plugin 1.2.677; its exit status is 0 for nearly all). */
export type PluginEvent =
  | {readonly kind: 'listening'; readonly port: number}
  /** The agent could not connect to the database, once. */
  | {readonly kind: 'dial-failed'}
  /** Session Manager or the agent ended the session; `reason` may be empty. */
  | {readonly kind: 'ended'; readonly reason: string}
  /** It wanted to resume and was given no token. */
  | {readonly kind: 'timed-out'}
  /** It gave up by itself. */
  | {readonly kind: 'failed'; readonly reason: string}

const LINES: readonly [RegExp, (groups: readonly string[]) => PluginEvent][] = [
  [/^Connection to destination port failed/, () => ({kind: 'dial-failed'})],
  [/^Cannot perform start session: (.*)$/, ([reason = '']) => ({kind: 'failed', reason})],
  [/^(Invalid Operation|Unknown operation.*)$/, ([reason = '']) => ({kind: 'failed', reason})],
  [/^SessionId: \S+ : (.*)$/, ([reason = '']) => ({kind: 'ended', reason})],
  [/^Exiting session with sessionId: /, () => ({kind: 'ended', reason: ''})],
  [/^Session: \S+ timed out\.$/, () => ({kind: 'timed-out'})],
]

/** Nothing follows this text until someone connects, not even a line feed, so it counts as soon as it is there. */
const LISTENING = /^Port (\d{1,5}) opened\b/

// eslint-disable-next-line no-control-regex
const CONTROL_CODES = /[\x00-\x1f\x7f-\x9f]/g
const LINES_KEPT = 8
const LINE_LIMIT = 1000

/** Reads the plugin's output as it comes, cut at any byte. */
export class PluginOutput {
  readonly #decoder = new TextDecoder()
  #line = ''
  #listening = false
  #last: string[] = []

  /** What these bytes tell beyond those before them. */
  push(bytes: Uint8Array): PluginEvent[] {
    const lines = (this.#line + this.#decoder.decode(bytes, {stream: true})).split('\n')
    this.#line = (lines.pop() ?? '').slice(0, LINE_LIMIT)
    const events = lines.flatMap((line) => this.#read(line))
    return events.concat(this.#listen(this.#line))
  }

  /** After the last byte: what a line without an end tells. */
  finish(): PluginEvent[] {
    const rest = this.#line
    this.#line = ''
    return rest === '' ? [] : this.#read(rest)
  }

  /** The last lines that are not empty, the oldest first. */
  get lastLines(): readonly string[] {
    return this.#last
  }

  #read(raw: string): PluginEvent[] {
    const line = raw.slice(0, LINE_LIMIT).replace(CONTROL_CODES, ' ').trim()
    if (line === '') return []
    this.#last = [...this.#last, line].slice(-LINES_KEPT)
    for (const [pattern, event] of LINES) {
      const match = pattern.exec(line)
      if (match) return [event(match.slice(1))]
    }
    return this.#listen(line)
  }

  #listen(line: string): PluginEvent[] {
    const port = Number(LISTENING.exec(line)?.[1])
    if (this.#listening || !(port > 0 && port < 65536)) return []
    this.#listening = true
    return [{kind: 'listening', port}]
  }
}
