import {distance} from 'fastest-levenshtein'
import {closestNames} from '../../core/text/closest-names.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import {profileOption} from '../../core/text/aws-cli-options.js'
import {shownName} from '../../core/text/shell-line.js'

export type Sections = Readonly<Record<string, Readonly<Record<string, string | undefined>> | undefined>>

/** A program that gives credentials. */
export interface CredentialProgram {
  /** The profile that names it: this one, or one that it builds upon. */
  readonly profile: string
  /** How it is called, which may hold a secret. */
  readonly line: string
}

/** Where credentials come from, as far as an error's hint needs it. */
export interface CredentialSource {
  readonly kind: 'environment' | 'profile'
  /** The profile in force. */
  readonly profile: string
  /** The words of the command that logs in again: `aws sso login …` or `aws login …`; none for other profiles. */
  readonly renewal?: readonly string[] | undefined
  /** The profile needs the code of an MFA device. */
  readonly asksForMfa: boolean
  /** The `credential_process` that gives them. */
  readonly program?: CredentialProgram | undefined
  /** Names to choose from, when no profile was asked for. */
  readonly profiles: readonly string[]
}

/** As with the AWS CLI, keys in the environment count unless a profile is asked for by name. */
export function keysInEnvironment(profile: string | undefined): boolean {
  const {AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret} = process.env
  return profile === undefined && Boolean(id && secret)
}

/** The region that a profile names, or without a name the one in force. Rejects with CONFIG_INVALID for an unknown one. */
export async function profileRegion(profile: string | undefined): Promise<string | undefined> {
  const sections = await readSections()
  if (profile !== undefined) requireProfile(profile, sections)
  return sections[nameInForce(profile)]?.['region']
}

/** The number of the account that a profile leads to, where its settings have it: in an SSO login, or in a role's name. */
export async function profileAccount(profile: string | undefined): Promise<string | undefined> {
  if (keysInEnvironment(profile)) return undefined
  const {role_arn: role, sso_account_id: sso} = (await readSections())[nameInForce(profile)] ?? {}
  return /^arn:[^:]+:iam::(\d{12}):role\//.exec(role ?? '')?.[1] ?? sso
}

/** Rejects with CONFIG_INVALID naming the closest profiles when there is none of this name. */
export async function checkProfile(profile: string): Promise<void> {
  requireProfile(profile, await readSections())
}

export async function credentialSource(profile: string | undefined): Promise<CredentialSource> {
  const sections = await readSections()
  const name = nameInForce(profile)
  const chain = sourceChain(name, sections)
  return {
    kind: keysInEnvironment(profile) ? 'environment' : 'profile',
    profile: name,
    renewal: chain.map((one) => renewalOf(one, sections)).find((command) => command !== undefined),
    asksForMfa: chain.some((one) => sections[one]?.['mfa_serial'] !== undefined),
    program: chain.map((one) => programOf(one, sections)).find((program) => program !== undefined),
    profiles: profileNames(sections),
  }
}

function requireProfile(name: string, sections: Sections): void {
  if (name === 'default' || sections[name]) return
  throw unknownProfile(name, profileNames(sections))
}

function unknownProfile(name: string, names: readonly string[]): DbtunnelError {
  const close = closestNames(name, names, distance)
  const some = names.slice(0, 8).map((one) => shownName(one))
  const hint =
    close.length > 0
      ? `Did you mean --profile ${close.map((one) => shownName(one)).join(' or ')}?`
      : names.length > 0
        ? `There are: ${some.join(', ')}${names.length > 8 ? ', …' : ''}`
        : `Make it: aws configure sso${profileOption(name)}`
  return fail('CONFIG_INVALID', `There is no AWS profile ${JSON.stringify(name)}.`, {hint})
}

/** The profile and those that it takes its credentials from, each once. */
export function sourceChain(name: string, sections: Sections): readonly string[] {
  const chain: string[] = []
  for (let next: string | undefined = name; next !== undefined && !chain.includes(next);) {
    chain.push(next)
    next = sections[next]?.['source_profile']
  }
  return chain
}

function programOf(profile: string, sections: Sections): CredentialProgram | undefined {
  const line = sections[profile]?.['credential_process']
  return line === undefined ? undefined : {profile, line}
}

function renewalOf(name: string, sections: Sections): readonly string[] | undefined {
  const section = sections[name]
  const option = name === 'default' ? [] : ['--profile', name]
  if (section?.['sso_session'] !== undefined || section?.['sso_start_url'] !== undefined)
    return ['aws', 'sso', 'login', ...option]
  return section?.['login_session'] === undefined ? undefined : ['aws', 'login', ...option]
}

/** Sections of other kinds (sso-session, services) have a dot between kind and name. */
function profileNames(sections: Sections): readonly string[] {
  return Object.keys(sections).filter((name) => !/^(sso-session|services)\./.test(name))
}

/** What AWS_PROFILE was before a connection's own profile came to stand there. */
let replaced: {readonly own: string | undefined; readonly by: string} | undefined

/** The SDK looks for endpoint URLs in the profile that AWS_PROFILE names, whatever profile a client is given. */
export function nameToSdk(profile: string): void {
  replaced = {own: ownProfile(), by: profile}
  process.env['AWS_PROFILE'] = profile
}

/** The user's own AWS_PROFILE: one target's profile is not that of another, which has none. */
function ownProfile(): string | undefined {
  const {AWS_PROFILE: named} = process.env
  return named === replaced?.by ? replaced?.own : named
}

export function nameInForce(profile: string | undefined): string {
  return profile ?? (ownProfile() || 'default')
}

/** Config and credentials files together, as the SDK reads them (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE). */
export async function readSections(): Promise<Sections> {
  const {parseKnownFiles} = await import('@smithy/core/config')
  return parseKnownFiles({})
}
