import {fail} from '../core/errors.js'
import {profileOption} from '../core/profile-option.js'
import {withoutOuterExec} from './outer-exec.js'
import type {Settings} from './settings.js'
import {
  bastionRule,
  duration,
  filePath,
  type Given,
  loginWord,
  oneOf,
  portNumber,
  profileName,
  reasonText,
  regionOf,
  sslMode,
  uploadRate,
} from './values.js'

/** The flags of a connecting command as the parser gives them: not yet checked. */
export type FlagValues = Readonly<
  Partial<
    Record<
      | 'profile'
      | 'region'
      | 'user'
      | 'database'
      | 'bastion'
      | 'local-port'
      | 'resolve'
      | 'engine'
      | 'sslmode'
      | 'ca-bundle'
      | 'reason'
      | 'timeout'
      | 'ttl'
      | 'idle',
      string | undefined
    >
  >
>

export interface SettingsSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The region that a profile of the AWS files names (without a name: the profile in force). Rejects for an unknown profile. */
  profileRegion(profile: string | undefined): Promise<string | undefined>
  /** What a relative path is relative to. */
  readonly cwd: string
  /** The region that the target's own name holds (an endpoint's); it beats all but the flag, which may not differ. */
  readonly targetRegion?: string | undefined
}

const DEFAULT_TIMEOUT_MS = 60_000

/**
 * Settings by precedence: flag, then DBTUNNEL_*, then (once there is one) the
 * config file, then AWS_* and PG*. An empty variable counts as unset. Rejects
 * with VALUE_INVALID naming the flag or variable, REGION_MISSING, or
 * CONFIG_INVALID for an unknown profile.
 */
export async function readSettings(flags: FlagValues, {env, ...others}: SettingsSources): Promise<Settings> {
  const sources = {...others, env: withoutOuterExec(env)}
  const given = giver(flags, sources.env)
  const check = <T>(value: Given | undefined, read: (value: Given) => T): T | undefined => value && read(value)

  const localPort = check(given('local-port'), portNumber) ?? 0
  const profile = check(given('profile') ?? awsProfile(sources.env), profileName)
  return {
    profile,
    user: check(given('user', 'PGUSER'), (value) => loginWord(value, 'user')),
    database: check(given('database', 'PGDATABASE'), (value) => loginWord(value, 'database')),
    bastion: check(given('bastion'), bastionRule) ?? {kind: 'tagged'},
    localPort,
    resolve: check(given('resolve'), (value) => oneOf(value, ['auto', 'hosts', 'hostaddr'])) ?? 'auto',
    engine: check(given('engine'), (value) => oneOf(value, ['auto', 'plugin', 'native'])) ?? 'auto',
    sslmode: check(given('sslmode'), sslMode) ?? 'verify-full',
    caBundle: check(given('ca-bundle'), (value) => filePath(value, sources.cwd)),
    reason: check(given('reason'), reasonText),
    uploadRate: check(fromEnv(sources.env, 'DBTUNNEL_NATIVE_UPLOAD_RATE'), uploadRate),
    cache: check(fromEnv(sources.env, 'DBTUNNEL_CACHE'), (value) => oneOf(value, ['on', 'off'])) !== 'off',
    timeoutMs: check(given('timeout'), (value) => duration(value)) ?? DEFAULT_TIMEOUT_MS,
    ttlMs: check(given('ttl'), lifetime),
    idleMs: check(given('idle'), lifetime),
    production: false,
    readOnly: false,
    requireReason: false,
    region: await region(flags, sources, profile),
  }
}

function lifetime(value: Given): number {
  return duration(value, '7d', '30m or 2h')
}

/** The value of a flag, else of DBTUNNEL_ and its name, else of a further variable. */
function giver(
  flags: FlagValues,
  env: SettingsSources['env'],
): (flag: keyof FlagValues, variable?: string) => Given | undefined {
  return (flag, variable) => {
    const text = flags[flag]
    if (text !== undefined) return {text, origin: `--${flag}`}
    return fromEnv(env, `DBTUNNEL_${flag.replaceAll('-', '_').toUpperCase()}`, ...(variable ? [variable] : []))
  }
}

function fromEnv(env: SettingsSources['env'], ...names: readonly string[]): Given | undefined {
  for (const origin of names) {
    const text = env[origin]
    if (text) return {text, origin}
  }
  return undefined
}

/** As with the AWS CLI and the plugin, keys in the environment beat AWS_PROFILE, though not a profile asked for by name. */
function awsProfile(env: SettingsSources['env']): Given | undefined {
  if (env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']) return undefined
  return fromEnv(env, 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE')
}

async function region(flags: FlagValues, sources: SettingsSources, profile: string | undefined): Promise<string> {
  const {env, targetRegion} = sources
  const flag = flags.region === undefined ? undefined : regionOf({text: flags.region, origin: '--region'})
  if (targetRegion !== undefined) {
    if (flag === undefined || flag === targetRegion) return targetRegion
    throw fail('VALUE_INVALID', `--region ${flag} contradicts the target, whose name is in ${targetRegion}.`, {
      hint: 'Leave --region out.',
    })
  }
  if (flag !== undefined) return flag
  const variable = fromEnv(env, 'DBTUNNEL_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION')
  if (variable) return regionOf(variable)
  const configured = await sources.profileRegion(profile)
  if (configured) return regionOf({text: configured, origin: `region of profile ${profile ?? 'default'}`})
  throw fail('REGION_MISSING', 'No AWS region is set.', {
    hint: `Pass --region eu-west-1, set AWS_REGION, or type: aws configure set region eu-west-1${profileOption(profile)}`,
  })
}
