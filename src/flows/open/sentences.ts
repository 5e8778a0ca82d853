import type {OpenedTunnel, TunnelStatus} from '../../core/results/opened-tunnel.js'
import {bytesText, countText, durationText} from '../../core/text/amounts.js'
import type {Settings} from '../../settings/settings.js'
import type {AlreadyOpen} from '../../tunnel/registry/find-open.js'

/** What is said when a tunnel that was kept open ends. */
export function farewell({target, opened, bytesUp, bytesDown, ageMs}: TunnelStatus): string {
  const bytes = `${bytesText(bytesUp)} up, ${bytesText(bytesDown)} down`
  return `Closed ${target} after ${durationText(ageMs)}: ${countText(opened, 'connection')}, ${bytes}.`
}

/** Says which other run keeps the tunnel open. `now` is in milliseconds since the epoch. */
export function aboutOther({opened, record: {owner, since, status}}: AlreadyOpen, now: number): string {
  const {target, localPort} = opened
  const age = durationText(now - since)
  const health = status?.why === undefined ? '' : ` It is not up now: ${status.why}`
  const where = opened.autoLogin && opened.autoLogin.port === undefined ? opened.autoLogin.socket : `port ${localPort}`
  return `${target} is already open on ${where} (process ${owner.pid}, for ${age}); reusing it.${health} --new opens another.`
}

/** Says when a tunnel to a production database is closed; undefined where it is not, or the user has set the time. */
export function productionNotice(
  {target}: Pick<OpenedTunnel, 'target'>,
  {production, ttlMs}: Pick<Settings, 'production' | 'ttlMs'>,
  flags: {readonly ttl?: unknown},
): string | undefined {
  if (!production || ttlMs === undefined || flags.ttl !== undefined) return undefined
  return `${target} is production: it is closed after ${durationText(ttlMs)}. For another time: --ttl`
}
