import type {HopResult} from '../../core/results/checkup.js'
import {withDeadline} from '../../core/deadline.js'
import {fail, isDbtunnelError} from '../../core/errors.js'
import type {Run} from '../../core/run.js'
import type {DoctorRequest, Findings, Hop} from './hop.js'
import type {Ports} from '../../core/ports/ports.js'

/** Before the user's own limit is known. */
const DEFAULT_LIMIT_MS = 60_000

/** Looks at each hop in turn, and tells it at once. Those that hang on one that fails are skipped, all others are not. */
export async function* examine(
  hops: readonly Hop[],
  request: DoctorRequest,
  ports: Ports,
  run: Run,
): AsyncGenerator<HopResult> {
  const present = hops.filter(({ofTarget}) => !ofTarget || request.target !== undefined)
  const found: Partial<Record<string, unknown>> = {}
  /** Ids of hops that did not come to an end, each with the title of the one that failed. */
  const broken = new Map<string, string>()
  for (const hop of present) {
    const {id, title} = hop
    const cause = hop.needs.map((needed) => broken.get(needed)).find((one) => one !== undefined)
    if (cause !== undefined) {
      broken.set(id, cause)
      yield {id, title, status: 'skip', detail: `because of: ${cause}`}
      continue
    }
    try {
      const finding = await inTime(hop, found, request, ports, run)
      found[id] = finding.found
      yield {id, title, status: finding.status, detail: finding.detail, hint: finding.hint}
    } catch (error) {
      run.signal.throwIfAborted()
      if (!isDbtunnelError(error) || error.code === 'INTERNAL') throw error
      broken.set(id, title)
      yield {id, title, status: 'fail', detail: error.message, code: error.code, hint: error.hint}
    }
  }
}

function inTime(
  hop: Hop,
  found: Partial<Findings>,
  request: DoctorRequest,
  ports: Ports,
  run: Run,
): ReturnType<Hop['check']> {
  const limitMs = found.config?.settings.timeoutMs ?? DEFAULT_LIMIT_MS
  const late = (): Error =>
    fail('TIMEOUT', `There was no answer within ${limitMs / 1000} s.`, {
      hint: 'Try again with more time: --timeout 2m',
    })
  return withDeadline(hop.check(found, request, ports, run), limitMs, late, run.signal)
}
