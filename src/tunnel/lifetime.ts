import type {Settings} from '../settings/settings.js'
import {durationText} from '../core/text/amounts.js'
import type {TunnelStatus} from '../core/results/opened-tunnel.js'

/**
 * Tells of each status in turn whether a tunnel's time is over, and then why: its `--ttl` has passed, or for `--idle` it
 * had no open connection and carried no byte.
 */
export function lifetime({
  ttlMs = Infinity,
  idleMs = Infinity,
}: Pick<Settings, 'ttlMs' | 'idleMs'>): (status: TunnelStatus) => string | undefined {
  let usedAt = 0
  let carried = 0
  return ({ageMs, open, opened, bytesUp, bytesDown}) => {
    // Connections come and go between two looks, too.
    const sum = opened + bytesUp + bytesDown
    if (open > 0 || sum !== carried) usedAt = ageMs
    carried = sum
    if (ageMs >= ttlMs) return `Time limit reached (--ttl ${durationText(ttlMs)}).`
    if (ageMs - usedAt >= idleMs) return `Not used for ${durationText(idleMs)} (--idle).`
    return undefined
  }
}
