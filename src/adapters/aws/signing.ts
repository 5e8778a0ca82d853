import {clockAdvice, isTooWrong} from '../../core/iam/clock-skew.js'
import {fail, hasCode, isDbtunnelError} from '../../core/errors.js'
import {isRegion} from '../../core/grammars.js'
import type {SigningApi, StsApi} from '../../core/ports/aws.js'
import type {Say} from '../../core/run.js'
import type {Connection} from './connection.js'
import type {Credentials} from './credentials.js'
import {credentialSource} from './profile.js'
import {expired} from './translate-error.js'

/** Tokens are renewed every 10 minutes or so; no role session is shorter than 15 minutes. */
const LASTING_MS = 12 * 60_000

/** For so long they are taken to be good once AWS has taken them. */
const TAKEN_MS = 60_000

/** For asking whether keys are still good; where AWS does not answer, that is said, and the token signed. */
const ASK_MS = 5000

export function signingApi(
  connection: Connection,
  sts: Pick<StsApi, 'identity'>,
  say: Pick<Say, 'notice'>,
): SigningApi {
  let isTold = false
  /** Temporary keys that do not say when they end: a token of dead ones looks as good as any. */
  const checkStillGood = async ({sessionToken, expiration}: Credentials): Promise<void> => {
    if (sessionToken === undefined || expiration || Date.now() - connection.takenAt() < TAKEN_MS) return
    try {
      await sts.identity(AbortSignal.timeout(ASK_MS))
    } catch (error) {
      if (hasCode(error, 'CREDENTIALS_EXPIRED', 'CREDENTIALS_INVALID', 'CREDENTIALS_MISSING')) throw error
      if (isTold) return
      isTold = true
      const why = isDbtunnelError(error) ? ` ${error.message}` : ''
      say.notice(
        `AWS does not say whether these keys are still good; with keys that have ended, the token is refused.${why}`,
      )
    }
  }
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
      await checkStillGood(credentials)
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
