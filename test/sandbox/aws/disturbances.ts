import {AwsFault, commonFault, type Service} from './fault.js'

/** What goes wrong on demand, for the next `times` requests of an action (for ever, when left out). */
export interface Disturbance {
  /** `service:Action`, or `*` for all. */
  readonly action: string
  /** Only requests whose user agent holds this, such as `app/ID` for programs that run with AWS_SDK_UA_APP_ID. */
  readonly from?: string | undefined
  readonly times?: number | undefined
  /** `delay` answers late; `hang` never answers; `drop` closes the connection without an answer. */
  readonly effect:
    | {readonly kind: 'throttle' | 'internal-error' | 'hang' | 'drop'}
    | {readonly kind: 'delay'; readonly ms: number}
    | {readonly kind: 'error'; readonly code: string; readonly message?: string; readonly status?: number}
}

/** The disturbances that lie ahead, and taking them in turn. */
export class Disturbances {
  #ahead: {readonly disturbance: Disturbance; left: number}[] = []

  /** Returns a function that takes it back. */
  add(disturbance: Disturbance): () => void {
    const entry = {disturbance, left: disturbance.times ?? Infinity}
    this.#ahead.push(entry)
    return () => {
      entry.left = 0
    }
  }

  clear(): void {
    this.#ahead = []
  }

  /** All that apply to one request, each used up by one. */
  take(action: string, userAgent: string): readonly Disturbance['effect'][] {
    const applying = this.#ahead.filter(({disturbance, left}) => {
      const isMeant = disturbance.action === '*' || disturbance.action === action
      return left > 0 && isMeant && userAgent.includes(disturbance.from ?? '')
    })
    for (const entry of applying) entry.left--
    return applying.map(({disturbance}) => disturbance.effect)
  }
}

/** The error that an effect asks for, if any. */
export function faultOf(service: Service, effects: readonly Disturbance['effect'][]): AwsFault | undefined {
  for (const effect of effects) {
    if (effect.kind === 'throttle') return commonFault(service, 'throttled')
    if (effect.kind === 'internal-error') return commonFault(service, 'internal')
    if (effect.kind === 'error') return new AwsFault(effect.code, effect.message ?? effect.code, effect.status)
  }
  return undefined
}
