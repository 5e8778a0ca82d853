import {checkProfile, credentialSource, keysInEnvironment} from './profile.js'
import type {RequestHandler} from './request-handler.js'
import {translateError} from './translate-error.js'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** Cached until they near their expiry; `forceRefresh` asks again at once. */
export interface CredentialsProvider {
  (options?: {readonly forceRefresh?: boolean}): Promise<Credentials>
  /** To SDK clients: that it keeps them by itself. Else each would keep those that it was given first. */
  readonly memoized: true
}

/** One that looks anew after `forget`: files and programs that give credentials are read again. */
export type SharedCredentials = CredentialsProvider & {forget(): void}

/** What SDK clients inside the provider chain (STS, SSO) are made with. */
interface InnerClient {
  readonly logger: Record<'trace' | 'debug' | 'info' | 'warn' | 'error', () => void>
  readonly requestHandler: RequestHandler
}

/**
 * The one provider of a run, for all clients and signers: SSO, STS or a
 * credential process is asked once, at the first use. Rejects with
 * CONFIG_INVALID for an unknown profile, else with CREDENTIALS_*, ACCESS_DENIED or AWS_*.
 */
export function sharedCredentials(profile: string | undefined, region: string, inner: InnerClient): SharedCredentials {
  type Ask = (options?: {readonly forceRefresh?: boolean}) => Promise<Credentials>
  let chain: Promise<Ask> | undefined
  const forget = (): void => void (chain = undefined)
  const ask: Ask = async (options) => {
    inner.requestHandler.takeFailure()
    try {
      const provider = await (chain ??= makeChain(profile, region, inner))
      return await provider(options)
    } catch (error) {
      // A tunnel that is open for days waits for the next login.
      forget()
      const source = await credentialSource(profile)
      // The SDK tells of its SSO clients' failures as of a login that has expired.
      const failed = inner.requestHandler.takeFailure()
      throw translateError(failed?.error ?? error, {action: 'sts:AssumeRole', region, host: failed?.host, source})
    }
  }
  // Clients that start together wait for one answer. The SDK's chain makes a memory of its own for each of those that
  // ask before it is loaded (3.1169), and a login would be asked for once for each of them.
  let asking: Promise<Credentials> | undefined
  const provider: Ask = (options) => {
    if (options?.forceRefresh) return ask(options)
    asking ??= ask().finally(() => (asking = undefined))
    return asking
  }
  return Object.assign(provider, {memoized: true as const, forget})
}

async function makeChain(
  profile: string | undefined,
  region: string,
  inner: InnerClient,
): Promise<(options?: {readonly forceRefresh?: boolean}) => Promise<Credentials>> {
  if (profile !== undefined) await checkProfile(profile)
  const {fromEnv, fromNodeProviderChain} = await import('@aws-sdk/credential-providers')
  // Left to itself the SDK would take AWS_PROFILE before keys in the environment, and warn on the console.
  if (keysInEnvironment(profile)) return fromEnv()
  return fromNodeProviderChain({
    ...(profile === undefined ? {} : {profile}),
    // The SDK keeps the AWS files as it found them first, for as long as the process lives.
    ignoreCache: true,
    logger: inner.logger,
    // The latter reaches STS alone, the former SSO and logins, too, which are in regions of their own.
    clientConfig: inner,
    parentClientConfig: {...inner, region},
  })
}
