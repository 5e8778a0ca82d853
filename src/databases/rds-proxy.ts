import type {TlsMode} from './tls-mode.js'
import {parseEndpointName} from '../core/endpoint-name.js'
import {fail} from '../core/errors.js'

/** Whether an endpoint is that of an RDS Proxy. */
export function isProxy(host: string): boolean {
  return parseEndpointName(host.toLowerCase())?.of === 'proxy'
}

/** Refuses what cannot be had of an RDS Proxy, if this is one. Throws VALUE_INVALID. */
export function checkProxy(
  host: string,
  {sslmode, readOnly}: {readonly sslmode: TlsMode; readonly readOnly: boolean},
): void {
  if (!isProxy(host)) return
  if (sslmode !== 'verify-full') {
    // Such authorities sign for anyone, so that only the name in a proxy's certificate proves anything: without comparing
    // it, anyone who carries the tunnel could be given the token.
    throw fail(
      'VALUE_INVALID',
      `${host} is an RDS Proxy. Its certificate comes from a public CA, so verify-ca is not enough: the host name must be checked.`,
      {
        hint: 'Remove --sslmode and unset DBTUNNEL_SSLMODE. The default is verify-full.',
      },
    )
  }
  if (readOnly) {
    // It ends every login that brings some: "RDS Proxy currently doesn't support command-line options".
    throw fail(
      'VALUE_INVALID',
      `${host} is an RDS Proxy. It accepts no settings at login, so a session cannot be made read-only.`,
      {
        hint: 'Connect to the database itself, or turn read-only off for this run: --write',
      },
    )
  }
}
