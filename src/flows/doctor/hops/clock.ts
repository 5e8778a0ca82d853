import {clockAdvice, clockDifference, isTooWrong} from '../../../core/iam/clock-skew.js'
import {fail} from '../../../core/errors.js'
import {hop, ok} from '../hop.js'

const SLIGHT_MS = 60_000

/** API calls are set right by the SDK, tokens are not. */
export const clock = hop('clock', {
  title: 'Clock',
  needs: ['region', 'credentials'],
  async check({region: {aws}}) {
    const offset = aws.clockOffset()
    if (Math.abs(offset) < SLIGHT_MS) return ok("agrees with AWS's")
    const difference = clockDifference(offset)
    const hint = clockAdvice(offset).slice(difference.length).trim()
    if (!isTooWrong(offset)) return {status: 'warn', detail: difference, hint, found: undefined}
    throw fail(
      'CREDENTIALS_INVALID',
      `This computer's clock is wrong, so the database would reject the token. ${difference}`,
      {
        hint,
      },
    )
  },
})
