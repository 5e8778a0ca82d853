import {clockAdvice, isTooWrong} from '../../core/iam/clock-skew.js'
import {fail} from '../../core/errors.js'
import {isRegion} from '../../core/grammars.js'
import type {SigningApi} from '../../core/ports/aws.js'
import type {Connection} from './connection.js'
import type {Credentials} from './credentials.js'
import {credentialSource} from './profile.js'
import {expired} from './translate-error.js'

/** Tokens are renewed every 10 minutes or so; no role session is shorter than 15 minutes. */
const LASTING_MS = 12 * 60_000

export function signingApi(connection: Connection): SigningApi {
  return {
    async databaseToken({host, port, region, user}) {
      const {Signer} = await import('@aws-sdk/rds-signer')
      const offset = connection.clockOffset()
      // The signer takes this machine's time as it is, though the SDK's clients correct it.
      if (isTooWrong(offset)) {
        throw fail('CREDENTIALS_INVALID', "This computer's clock is wrong, so the database would reject the token.", {
          hint: clockAdvice(offset),
        })
      }
      const now = Date.now() + offset
      const credentials = await lastingCredentials(connection, now)
      if (credentials.expiration && credentials.expiration.getTime() <= now) {
        throw expired(await credentialSource(connection.profile))
      }
      return new Signer({hostname: host, port, region, username: user, credentials}).getAuthToken()
    },

    async upgradeHeaders(url) {
      const {hostname, host, pathname, searchParams} = new URL(url)
      // A stream URL that is signed itself takes no headers (real plugin, since 1.2.764).
      if ([...searchParams.keys()].some((name) => name.toLowerCase().startsWith('x-amz-'))) return {}
      const [{SignatureV4}, {Sha256}] = await Promise.all([
        import('@smithy/signature-v4'),
        import('@aws-crypto/sha256-js'),
      ])
      const signer = new SignatureV4({
        service: 'ssmmessages',
        region: regionOf(hostname) ?? connection.region,
        credentials: connection.credentials,
        sha256: Sha256,
        applyChecksum: false,
      })
      const query = Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]))
      const signed = await signer.sign(
        {method: 'GET', protocol: 'https:', hostname, path: pathname, query, headers: {host}},
        {signingDate: new Date(Date.now() + connection.clockOffset())},
      )
      // The WebSocket client sends its own.
      const {host: _, ...headers} = signed.headers
      return headers
    },
  }
}

/** A token dies with the keys that signed it. Those that would not last until it is renewed are asked for anew. */
async function lastingCredentials(connection: Connection, now: number): Promise<Credentials> {
  const held = await connection.credentials()
  if (!held.expiration || held.expiration.getTime() - now > LASTING_MS) return held
  return connection.credentials({forceRefresh: true}).catch(() => held)
}

/** `ssmmessages.REGION.amazonaws.com`, with or without `-fips`. */
function regionOf(hostname: string): string | undefined {
  const label = /^ssmmessages(?:-fips)?\.([a-z0-9-]+)\./.exec(hostname)?.[1]
  return label !== undefined && isRegion(label) ? label : undefined
}
