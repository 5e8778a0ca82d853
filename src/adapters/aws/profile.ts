import {homedir} from 'node:os'
import {join} from 'node:path'
import {distance} from 'fastest-levenshtein'
import {closestNames} from '../../core/text/closest-names.js'
import {type DbtunnelError, fail} from '../../core/errors.js'
import {isRegion} from '../../core/grammars.js'
import {quoted} from '../../core/text/clip.js'
import {profileOption} from '../../core/text/aws-cli-options.js'
import {shownName} from '../../core/text/shell-line.js'
import {type AwsFiles, asSdkReads, awsFilePaths, isPlain, readAwsFiles} from './aws-files.js'

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
  const found = await readFiles()
  if (profile !== undefined) requireProfile(profile, found)
  const name = nameInForce(profile)
  const setting = found.profiles.get(name)?.get('region')
  if (!setting || setting.text === '') return undefined
  if (isRegion(setting.text)) return setting.text
  const {file, line, text} = setting
  // The rest may be a secret.
  const [first = ''] = text.split('\n')
  throw fail(
    'CONFIG_INVALID',
    `${file}:${line}: the region of profile ${name} is ${quoted(first)}${first === text ? '' : ' and more lines'}, which is not a region.`,
    {
      hint: text.includes('\n')
        ? 'The lines below it are indented, and go on with it. Begin them at their left end.'
        : 'A comment has a line of its own there.',
    },
  )
}

/** The number of the account that a profile leads to, where its settings have it: in an SSO login, or in a role's name. */
export async function profileAccount(profile: string | undefined): Promise<string | undefined> {
  if (keysInEnvironment(profile)) return undefined
  const {role_arn: role, sso_account_id: sso} = (await readSections())[nameInForce(profile)] ?? {}
  return /^arn:[^:]+:iam::(\d{12}):role\//.exec(role ?? '')?.[1] ?? sso
}

/** Rejects with CONFIG_INVALID naming the closest profiles when there is none of this name. */
export async function checkProfile(profile: string): Promise<void> {
  requireProfile(profile, await readFiles())
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

function requireProfile(name: string, {profiles, dropped}: AwsFiles): void {
  if (name === 'default' || profiles.has(name)) return
  const likely = dropped.find((one) => one.name.toLowerCase() === name.toLowerCase())
  throw likely
    ? fail('CONFIG_INVALID', `There is no AWS profile ${JSON.stringify(name)}.`, {hint: likely.why})
    : unknownProfile(name, [...profiles.keys()])
}

/**
 * Rejects with CONFIG_INVALID, naming file and line, where a profile takes its credentials from one that is not there, or
 * from itself in a circle; and for a value that the SDK would not read as the AWS CLI does.
 */
export async function checkSources(profile: string | undefined): Promise<void> {
  const {profiles} = await readFiles()
  const chain: string[] = []
  for (let name = nameInForce(profile); ;) {
    chain.push(name)
    const settings = profiles.get(name)
    for (const [key, {file, line, text, nested}] of settings ?? []) {
      if (nested || isPlain(text)) continue
      throw fail('CONFIG_INVALID', `${file}:${line}: dbtunnel cannot read the value of ${key} in profile ${name}.`, {
        hint: 'It goes on on the next line, or has a # or ; behind a blank, where no comment may be.',
      })
    }
    const source = settings?.get('role_arn') && settings.get('source_profile')
    if (!source) return
    const {file, line, text} = source
    const place = `${file}:${line}: profile ${name} takes its credentials from profile ${text}`
    if (!profiles.has(text)) throw fail('CONFIG_INVALID', `${place}, which is not there.`, {hint: 'Name one that is.'})
    // With keys of its own a profile may name itself.
    if (text === name) return
    if (chain.includes(text))
      throw fail('CONFIG_INVALID', `${place}, and that in the end from this one.`, {
        hint: 'One of them needs keys, or a login, of its own.',
      })
    name = text
  }
}

function unknownProfile(name: string, names: readonly string[]): DbtunnelError {
  const close = closestNames(name, names, distance)
  const some = names.slice(0, 8).map((one) => shownName(one))
  const hint =
    close.length > 0
      ? `Did you mean --profile ${close.map((one) => shownName(one)).join(' or ')}?`
      : names.length > 0
        ? `Known profiles: ${some.join(', ')}${names.length > 8 ? ', …' : ''}`
        : `Create it: aws configure sso${profileOption(name)}`
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

/** What the files said when they were last read. The SDK's clients and providers get the same. */
let files: Promise<AwsFiles> | undefined

/**
 * Config and credentials files together, read anew (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE). Rejects with
 * CONFIG_INVALID, naming file and line, for a file that the AWS CLI cannot read.
 */
export async function readSections(): Promise<Sections> {
  const {externalDataInterceptor, parseKnownFiles} = await import('@smithy/core/config')
  files = readAwsFiles()
  const read = await files
  const record = externalDataInterceptor.getFileRecord()
  const paths = awsFilePaths()
  for (const path of pathsOfSdk(paths.credentials)) record[path] = Promise.resolve('')
  // Last, for they may be one and the same file.
  for (const path of pathsOfSdk(paths.config)) record[path] = Promise.resolve(asSdkReads(read))
  return parseKnownFiles({})
}

/** The SDK opens a file by the path of its variable in one place, and by that without `~` in another. */
function pathsOfSdk(path: string): readonly string[] {
  return path.startsWith('~/') ? [path, join(homedir(), path.slice(2))] : [path]
}

/** As `readSections` has read them. */
async function readFiles(): Promise<AwsFiles> {
  await readSections()
  return files ?? readAwsFiles()
}
