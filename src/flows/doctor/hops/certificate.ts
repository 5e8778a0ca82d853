import {accountOptions} from '../../../core/text/aws-cli-options.js'
import {probeFailure} from '../../../links/probe-failure.js'
import {hop, ok} from '../hop.js'

const DAY_MS = 24 * 60 * 60_000
/** RDS renews them long before. */
const SOON_MS = 14 * DAY_MS

export const certificate = hop('certificate', {
  title: 'Certificate',
  ofTarget: true,
  needs: ['region', 'available', 'session', 'tunnel'],
  async check({region: {settings}, available: target, session: {session}, tunnel}, _request, {clock}) {
    const {outcome, failedDials} = tunnel
    if (outcome.kind !== 'answered') throw probeFailure(outcome, target, session.via.bastion, {failedDials})
    const left = outcome.validUntil - clock.now()
    const until = Number.isFinite(outcome.validUntil) ? `, until ${dayOf(outcome.validUntil)}` : ''
    const name = settings.sslmode === 'verify-full' ? `is for ${target.endpoint.host}` : 'is of RDS (name not compared)'
    if (left >= SOON_MS) return ok(`${name}${until}, ${outcome.tls}`)
    return {
      status: 'warn',
      detail: `It ends in ${Math.max(Math.floor(left / DAY_MS), 0)} days, on ${dayOf(outcome.validUntil)}.`,
      hint: `See what RDS plans for it: aws rds describe-pending-maintenance-actions${accountOptions(target)}`,
      found: undefined,
    }
  },
})

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
