import type {Say} from '../../core/run.js'
import {boundProgram} from './credential-program.js'
import {expiryWatch} from './key-expiry.js'
import {checkProfile, checkSources, credentialSource, keysInEnvironment, nameInForce} from './profile.js'
import type {RequestHandler} from './request-handler.js'
import {ASSUME_ROLE, mfaNeeded, translateError} from './translate-error.js'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** Gives the code of an MFA device, by that device's name. */
type AskCode = (device: string) => Promise<string>
type Ask = (options?: {readonly forceRefresh?: boolean}) => Promise<Credentials>

/** Cached until they near their expiry; `forceRefresh` asks again at once. */
export interface SharedCredentials extends Ask {
  /** To SDK clients: that it keeps them by itself. Else each would keep those that it was given first. */
  readonly memoized: true
  /** Looks anew the next time: files and programs that give credentials are read again. */
  forget(): void
  /** Gets them, with a code where that takes one. Nobody is asked for it at any other time. */
  obtain(askCode: AskCode): Promise<void>
}

/** What SDK clients inside the provider chain (STS, SSO) are made with. */
interface InnerClient {
  readonly logger: Record<'trace' | 'debug' | 'info' | 'warn' | 'error', () => void>
  readonly requestHandler: RequestHandler
}

interface Place {
  readonly profile: string | undefined
  readonly region: string
}

/**
 * The one provider of a run, for all clients and signers: SSO, STS or a
 * credential process is asked once, at the first use. Rejects with
 * CONFIG_INVALID for an unknown profile, else with CREDENTIALS_*, ACCESS_DENIED or AWS_*.
 */
export function sharedCredentials(place: Place, inner: InnerClient, say: Pick<Say, 'notice'>): SharedCredentials {
  const {profile, region} = place
  let chain: Promise<Ask> | undefined
  let askCode: AskCode | undefined
  let held = false
  const checkExpiry = expiryWatch(profile, say)
  const forget = (): void => void (chain = undefined)
  const codeOf: AskCode = async (device) => {
    if (askCode) return askCode(device)
    throw mfaNeeded(await credentialSource(profile), held)
  }
  const ask: Ask = async (options) => {
    inner.requestHandler.takeFailure()
    try {
      const provider = await (chain ??= makeChain(place, inner, codeOf, say))
      const credentials = await provider(options)
      await checkExpiry(credentials)
      held = true
      return credentials
    } catch (error) {
      // A tunnel that is open for days waits for the next login; but those that are held still count.
      if (!options?.forceRefresh) forget()
      // The SDK tells of its SSO clients' failures as of a login that has expired.
      const source = await credentialSource(profile)
      const failed = inner.requestHandler.takeFailure()
      throw translateError(failed?.error ?? error, {action: ASSUME_ROLE, region, host: failed?.host, source})
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
  return Object.assign(provider, {
    memoized: true as const,
    forget,
    async obtain(by: AskCode) {
      askCode = by
      await provider().finally(() => (askCode = undefined))
    },
  })
}

async function makeChain(
  {profile, region}: Place,
  inner: InnerClient,
  mfaCodeProvider: AskCode,
  say: Pick<Say, 'notice'>,
): Promise<Ask> {
  if (profile !== undefined) await checkProfile(profile)
  const {fromEnv, fromIni, fromNodeProviderChain} = await import('@aws-sdk/credential-providers')
  // Left to itself the SDK would take AWS_PROFILE before keys in the environment, and warn on the console.
  if (keysInEnvironment(profile)) return fromEnv()
  await checkSources(profile)
  const settings = {
    // Not left to the SDK, for AWS_PROFILE may be another connection's.
    profile: nameInForce(profile),
    // The SDK keeps the AWS files as it found them first, for as long as the process lives.
    ignoreCache: true,
    logger: inner.logger,
    mfaCodeProvider,
    // The latter reaches STS alone, the former SSO and logins, too, which are in regions of their own.
    clientConfig: inner,
    parentClientConfig: {...inner, region},
  }
  const {program} = await credentialSource(profile)
  if (program === undefined) return fromNodeProviderChain(settings)
  // Alone: where it fails, the whole chain would go on to the role of the machine.
  const {memoize} = await import('@smithy/core/config')
  const fromProgram = () => boundProgram(program, () => fromIni(settings)(), say)
  return memoize(fromProgram, isEnding, ({expiration}) => expiration !== undefined)
}

/** As the SDK's own chain has it. */
function isEnding({expiration}: Credentials): boolean {
  return expiration !== undefined && expiration.getTime() - Date.now() < 5 * 60_000
}
