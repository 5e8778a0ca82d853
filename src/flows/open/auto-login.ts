import {fail} from '../../core/errors.js'
import {durationText} from '../../core/text/amounts.js'
import type {Settings} from '../../settings/settings.js'
import type {OpenRequest} from './open-request.js'

/** A working day and a half: a port that logs in stays open by mistake for no longer. */
const TCP_TTL_MS = 12 * 60 * 60_000

/** How long a tunnel is kept open, where nothing else was said. */
export function defaultTtl({autoLogin, tcp, ttlMs}: Settings): number | undefined {
  return ttlMs ?? (autoLogin && tcp ? TCP_TTL_MS : undefined)
}

/** Says when a port that logs in is closed; undefined where there is none, or the user has set the time. */
export function tcpNotice(
  {autoLogin, tcp, ttlMs, production}: Settings,
  flags: {readonly ttl?: unknown},
): string | undefined {
  if (!autoLogin || !tcp || production || ttlMs !== TCP_TTL_MS || flags.ttl !== undefined) return undefined
  return `With --tcp the tunnel is closed after ${durationText(ttlMs)}. For another time: --ttl`
}

/** Throws USAGE where what was asked for does not fit to a local end that logs in by itself, or only to one. */
export function checkAutoLogin(
  {flags, isPasswordRenewed}: Pick<OpenRequest, 'flags' | 'isPasswordRenewed'>,
  {autoLogin, tcp, sslmode}: Settings,
): void {
  if (!autoLogin) {
    if (flags.tcp) throw fail('USAGE', '--tcp goes with --auto-login.', {hint: 'Without it there is a port anyway.'})
    if (isPasswordRenewed) {
      throw fail('USAGE', '--new-password goes with --auto-login --tcp.', {hint: 'Add both, or leave it out.'})
    }
    return
  }
  if (sslmode !== 'verify-full') {
    throw fail('USAGE', 'With --auto-login the name in the certificate is always checked: there is no verify-ca.', {
      hint: 'Leave --sslmode and DBTUNNEL_SSLMODE out.',
    })
  }
  if (flags.resolve !== undefined) {
    throw fail('USAGE', '--resolve and --auto-login contradict each other: clients need no name.', {
      hint: 'Use only one of them.',
    })
  }
  if (!tcp && isPasswordRenewed) {
    throw fail('USAGE', '--new-password goes with --tcp: the socket has no password.', {hint: 'Add --tcp.'})
  }
  if (!tcp && flags['local-port'] !== undefined) {
    throw fail('USAGE', '--local-port goes with --tcp: there is no port without it.', {hint: 'Add --tcp.'})
  }
}
