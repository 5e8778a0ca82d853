import {checkProfile, credentialSource, keysInEnvironment} from './profile.js'
import {translateError} from './translate-error.js'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** Cached until they near their expiry; `forceRefresh` asks again at once. */
export type CredentialsProvider = (options?: {readonly forceRefresh?: boolean}) => Promise<Credentials>

/** What SDK clients inside the provider chain (STS, SSO) are made with. */
interface InnerClient {
  readonly logger: Record<'trace' | 'debug' | 'info' | 'warn' | 'error', () => void>
  readonly requestHandler: object
}

/**
 * The one provider of a run, for all clients and signers: SSO, STS or a
 * credential process is asked once, at the first use. Rejects with
 * CONFIG_INVALID for an unknown profile, else with CREDENTIALS_*, ACCESS_DENIED or AWS_*.
 */
export function sharedCredentials(
  profile: string | undefined,
  region: string,
  inner: InnerClient,
): CredentialsProvider {
  let chain: Promise<CredentialsProvider> | undefined
  const ask: CredentialsProvider = async (options) => {
    try {
      const provider = await (chain ??= makeChain(profile, region, inner))
      return await provider(options)
    } catch (error) {
      throw translateError(error, {action: 'sts:AssumeRole', region, source: await credentialSource(profile)})
    }
  }
  // Clients that start together wait for one answer. The SDK's chain makes a memory of its own for each of those that
  // ask before it is loaded (3.1169), and a login would be asked for once for each of them.
  let asking: Promise<Credentials> | undefined
  return (options) => {
    if (options?.forceRefresh) return ask(options)
    asking ??= ask().finally(() => (asking = undefined))
    return asking
  }
}

async function makeChain(
  profile: string | undefined,
  region: string,
  inner: InnerClient,
): Promise<CredentialsProvider> {
  if (profile !== undefined) await checkProfile(profile)
  const {fromEnv, fromNodeProviderChain} = await import('@aws-sdk/credential-providers')
  // Left to itself the SDK would take AWS_PROFILE before keys in the environment, and warn on the console.
  if (keysInEnvironment(profile)) return fromEnv()
  return fromNodeProviderChain({
    ...(profile === undefined ? {} : {profile}),
    logger: inner.logger,
    parentClientConfig: {...inner, region},
  })
}
