import {createHash} from 'node:crypto'
import {keysInEnvironment, nameInForce, readSections, type Sections, sourceChain} from './profile.js'

type Section = NonNullable<Sections[string]>

/** Not part of what decides who asks: the key's id is, or what the token is for. */
const SECRET = /(secret_access_key|_token)$|^aws_bearer_token/i

/** What is set for these tells who asks: a key, a login, a role that a token file is for, or the program that gives keys. */
const TELLING = [
  'aws_access_key_id',
  'sso_session',
  'sso_start_url',
  'login_session',
  'web_identity_token_file',
  'credential_process',
]

/**
 * A digest of everything in the environment and the AWS files that may decide as whom and where AWS is asked: all AWS_
 * variables, and all settings of the profile in force, of those that it takes its credentials from, and of the SSO
 * session and services that they name. More than decides it is in there, and the less is ever mixed up. Undefined when
 * the credentials come from the machine or container: nothing in these settings says whose they are.
 */
export async function settingsScope({
  profile,
  region,
}: {
  profile: string | undefined
  region: string
}): Promise<string | undefined> {
  const sections = await readSections()
  const chain = sourceChain(nameInForce(profile), sections)
  if (!keysInEnvironment(profile) && !isTelling(chain, sections)) return undefined
  const settings = chain.map((name) => [name, withNamed(sections[name] ?? {}, sections)])
  const everything = JSON.stringify([profile ?? null, region, plain(awsVariables()), settings])
  return createHash('sha256').update(everything).digest('hex')
}

/** The last of the chain has the credentials that the others build upon. */
function isTelling(chain: readonly string[], sections: Sections): boolean {
  const last = sections[chain.at(-1) ?? ''] ?? {}
  const {AWS_ACCESS_KEY_ID: id, AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: file} = process.env
  const source = last['credential_source']
  if (source) return source === 'Environment' && Boolean(id)
  return TELLING.some((name) => last[name]) || (chain.length === 1 && Boolean(role && file))
}

/** A section's settings, with those of the sections that it names (by the AWS SDKs' shared configuration). */
function withNamed(section: Section, sections: Sections): unknown {
  const {sso_session: session, services} = section
  return [section, sections[`sso-session.${session}`] ?? {}, sections[`services.${services}`] ?? {}].map(plain)
}

function awsVariables(): Section {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('AWS_')))
}

/** In a fixed order and without secrets. */
function plain(section: Section): readonly (readonly [string, string | undefined])[] {
  return Object.entries(section)
    .filter(([name]) => !SECRET.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
