import {countText, durationText} from '../core/text/amounts.js'
import type {DbtunnelError} from '../core/errors.js'
import {nodeName} from '../core/grammars.js'
import type {Link} from '../links/link.js'

/**
 * What the user is told of one loss: one line when another session is soon there; else one for each thing that is in the
 * way, and one at the end.
 */
export class LossStory {
  readonly #name: string
  readonly #why: DbtunnelError | undefined
  readonly #told = new Set<string>()

  /** `why` the session was lost; without it, the tunnel slept. */
  constructor(name: string, why: DbtunnelError | undefined) {
    this.#name = name
    this.#why = why
  }

  /** There is no other yet; undefined when that has been told. */
  delay(error: DbtunnelError): string | undefined {
    const lead = this.#tell(error)
    return lead && `${lead} No other session yet: ${error.message} dbtunnel keeps trying.`
  }

  /** Nothing but new credentials will help; undefined when that has been told. */
  credentials(error: DbtunnelError): string | undefined {
    const lead = this.#tell(error)
    const hint = (error.hint?.split('\n') ?? []).map((line) => `\n  ${line}`).join('')
    return (
      lead &&
      `${lead} ${error.message} Connections are cut off at once until they are renewed; then it goes on by itself.${hint}`
    )
  }

  /** `cut`: connections that have ended with the lost session. */
  end({via: {bastion}}: Link, afterMs: number, cut: number): string {
    const after = afterMs >= 1000 ? ` after ${durationText(afterMs)}` : ''
    const how = `${after}, by bastion ${nodeName(bastion)}`
    if (this.#told.size > 0 || !this.#why) return `${this.#name} is up again${how}.`
    const losses = cut > 0 ? `; ${countText(cut, 'connection')} cut` : ''
    return `${this.#name}: ${this.#why.message} Another session is up${how}${losses}.`
  }

  /** How a line about it begins; undefined when it has been told. */
  #tell({code}: DbtunnelError): string | undefined {
    const isFirst = this.#told.size === 0
    if (this.#told.has(code)) return undefined
    this.#told.add(code)
    return isFirst && this.#why ? `${this.#name}: ${this.#why.message}` : `${this.#name}:`
  }
}
