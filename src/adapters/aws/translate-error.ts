import {accessDenied} from '../../core/iam/access-denied.js'
import {clockAdvice} from '../../core/iam/clock-skew.js'
import {type DbtunnelError, fail, isDbtunnelError} from '../../core/errors.js'
import {oneLine} from '../../core/text/one-line.js'
import {profileOption} from '../../core/text/aws-cli-options.js'
import {shellLine, shownName} from '../../core/text/shell-line.js'
import {networkFailure} from './network-failure.js'
import type {CredentialProgram, CredentialSource} from './profile.js'

/** What was being done when it failed. */
export interface Circumstances {
  /** The API action as IAM writes it, such as `ssm:StartSession`. */
  readonly action: string
  readonly region: string
  /** The endpoint that was asked. */
  readonly host?: string | undefined
  readonly source: CredentialSource
}

/** What the SDK's exceptions carry, whatever their class. */
interface SdkException extends Error {
  readonly $fault?: 'client' | 'server'
  readonly $metadata?: {readonly httpStatusCode?: number}
  readonly $retryable?: {readonly throttling?: boolean}
  readonly $response?: {readonly headers?: Readonly<Record<string, string | undefined>>}
}

/** Node's own, for what `new URL` does not take. */
interface InvalidUrl extends Error {
  readonly input?: string
}

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired']
const INVALID = [
  'AuthFailure',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'OptInRequired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]
const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedAccess', 'UnauthorizedOperation']
const THROTTLED = [
  'EC2ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]
const NO_CREDENTIALS = ['CredentialsProviderError', 'TokenProviderError']

/** What credentials are asked for by. */
export const ASSUME_ROLE = 'sts:AssumeRole'

/** AWS refuses signatures that are farther off than this. */
const SKEW_MS = 4 * 60_000

/**
 * An exception of the SDK as the error that the user sees: once, by class or
 * code, never by text. What is not known to be AWS's or the network's stays as it is.
 */
export function translateError(error: unknown, circumstances: Circumstances): unknown {
  if (isDbtunnelError(error) || !(error instanceof Error)) return error
  const {action, host, region, source} = circumstances
  const {name, $metadata, $response, $retryable, $fault} = error as SdkException
  const details = {cause: error}
  const skew = clockSkew($response?.headers)

  if (NO_CREDENTIALS.includes(name)) return noCredentials(error, source)
  if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_URL') return notAUrl(error)
  const network = networkFailure(error, host)
  if (network) return network
  if (THROTTLED.includes(name) || $metadata?.httpStatusCode === 429 || $retryable?.throttling === true) {
    return fail('AWS_THROTTLED', `AWS keeps throttling ${action}.`, {...details, hint: 'Try again in a minute.'})
  }
  if (EXPIRED.includes(name) && skew === undefined) return expired(source, details)
  if (INVALID.includes(name) || EXPIRED.includes(name)) {
    const reason = name === 'OptInRequired' ? `the account has no access to ${region}` : name
    return fail('CREDENTIALS_INVALID', `AWS does not accept the credentials (${reason}).`, {
      ...details,
      hint: skew ?? `Check the keys of ${described(source)}, and that the account has ${region} enabled.`,
    })
  }
  if (DENIED.includes(name) && action === ASSUME_ROLE && source.asksForMfa) return mfaRefused(source, error)
  if (DENIED.includes(name)) return accessDenied(action, {region, ...details})
  if ($fault !== undefined) {
    return fail('AWS_FAILED', `AWS answered ${action} with ${name}: ${oneLine(error.message)}`, {
      ...details,
      hint: $fault === 'server' ? 'Try again in a minute.' : undefined,
    })
  }
  if ($metadata?.httpStatusCode !== undefined) {
    const from = host ?? 'The endpoint'
    return fail('AWS_FAILED', `${from} answered (HTTP ${$metadata.httpStatusCode}), but the answer is not from AWS.`, {
      ...details,
      hint: "Check your proxy, the network's login page and AWS_ENDPOINT_URL.",
    })
  }
  return error
}

/** With one that can be typed as it is. */
function chooseProfile(profiles: readonly string[]): string {
  const [first = ''] = profiles
  const shown = profiles.slice(0, 8).map((name) => shownName(name))
  const choice = profiles.length > 1 ? ` ${shown.join(', ')}. For example:` : ''
  return `Choose a profile:${choice} ${shellLine(['--profile', first])}`
}

/** No URL but that of an endpoint is the user's to set. */
function notAUrl(error: InvalidUrl): DbtunnelError {
  return fail('CONFIG_INVALID', `The endpoint URL ${JSON.stringify(error.input ?? '')} is not a URL.`, {
    hint: 'Check AWS_ENDPOINT_URL, those of single services (AWS_ENDPOINT_URL_SSM), and endpoint_url of the profile.',
    cause: error,
  })
}

/** The provider chain's own failures, told apart by how the profile gets its credentials. */
function noCredentials(error: Error, source: CredentialSource): DbtunnelError {
  const {profile, renewal, program, profiles} = source
  if (renewal !== undefined) {
    return fail('CREDENTIALS_EXPIRED', `Profile ${profile} has no valid credentials: ${oneLine(error.message)}`, {
      cause: error,
      hint: `Log in again: ${shellLine(renewal)}`,
    })
  }
  if (program !== undefined) {
    // Without its cause, which holds the program's arguments and output.
    const message = `The credential_process of profile ${program.profile} returned no credentials.`
    return fail('CREDENTIALS_MISSING', message, {hint: runProgram(program)})
  }
  const others = profiles.filter((name) => name !== profile)
  return fail(
    'CREDENTIALS_MISSING',
    `There are no AWS credentials${profile === 'default' ? '' : ` for profile ${profile}`}.`,
    {
      cause: error,
      hint: [
        others.length > 0
          ? chooseProfile(others)
          : 'Create a profile and log in: aws configure sso && aws sso login --profile NAME',
        'Or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary keys).',
      ].join('\n'),
    },
  )
}

/** Credentials that AWS calls expired, or that say so themselves. */
export function expired(source: CredentialSource, details: {cause?: unknown} = {}): DbtunnelError {
  const renew =
    source.kind === 'profile' && source.renewal !== undefined
      ? `Log in again: ${shellLine(source.renewal)}`
      : `Renew ${source.kind === 'environment' ? 'them' : described(source)}, for example with: eval "$(aws configure export-credentials --profile NAME --format env)"`
  return fail('CREDENTIALS_EXPIRED', `The AWS credentials (${described(source)}) have expired.`, {
    ...details,
    hint: renew,
  })
}

/** Its line may hold a secret. */
export function runProgram({profile}: CredentialProgram): string {
  return `To see the error, run the program yourself. This command shows it:\naws configure get credential_process${profileOption(profile)}`
}

/** `held`: there were credentials, which have expired. */
export function mfaNeeded({profile}: CredentialSource, held: boolean): DbtunnelError {
  return held
    ? fail(
        'CREDENTIALS_EXPIRED',
        `The credentials of profile ${profile} have expired, and new ones need an MFA code.`,
        {
          hint: 'Press Ctrl-C, and run the same command again: it asks for the code.',
        },
      )
    : fail(
        'CREDENTIALS_MISSING',
        `Profile ${profile} needs an MFA code, and dbtunnel can only ask for it in a terminal.`,
        {
          hint: `Run the command in a terminal, without --quiet and --json. Or let the AWS CLI ask: eval "$(aws configure export-credentials${profileOption(profile)} --format env)"`,
        },
      )
}

function mfaRefused({profile}: CredentialSource, cause: Error): DbtunnelError {
  return fail('ACCESS_DENIED', `AWS does not let you assume the role of profile ${profile}.`, {
    cause,
    hint: 'The MFA code may be wrong, or used already: try again with the next one.\nOtherwise the trust policy of the role does not allow you.',
  })
}

function described({kind, profile}: CredentialSource): string {
  return kind === 'environment' ? 'AWS_ACCESS_KEY_ID in the environment' : `profile ${profile}`
}

/** A line about this machine's clock when AWS's answer shows that it is wrong. */
function clockSkew(headers: Readonly<Record<string, string | undefined>> | undefined): string | undefined {
  const offset = Date.parse(headers?.['date'] ?? '') - Date.now()
  return Math.abs(offset) > SKEW_MS ? clockAdvice(offset) : undefined
}
