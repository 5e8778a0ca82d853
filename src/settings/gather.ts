import {fail} from '../core/errors.js'
import {profileOption} from '../core/text/aws-cli-options.js'
import type {Layer} from './config-file/layers.js'
import type {BastionEntry, RailKey, SettingKey} from './config-file/config-file.js'
import {withoutOuterConnection} from './ignore-outer-tunnel.js'
import {type Given, profileName, regionOf} from './values.js'

type TextFlag =
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
  | 'idle'

type SwitchFlag = 'read-only' | 'write' | 'allow-other-users' | 'no-own-port'

/** The flags of a connecting command as the parser gives them: not yet checked. */
export type FlagValues = Readonly<Partial<Record<TextFlag, string | undefined>> & Partial<Record<SwitchFlag, boolean>>>

export interface SettingsSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The region that a profile of the AWS files names (without a name: the profile in force). Rejects for an unknown profile. */
  profileRegion(profile: string | undefined): Promise<string | undefined>
  /** The account that a profile's credentials are for, where its settings say so. */
  profileAccount(profile: string | undefined): Promise<string | undefined>
  /** What a relative path is relative to. */
  readonly cwd: string
  /** The region that the target's own name holds (an endpoint's); it beats all but the flag, which may not differ. */
  readonly targetRegion?: string | undefined
  /** What the config files say. */
  readonly layer?: Layer | undefined
}

/** What counts of all that was given, unchecked, each with where it comes from. */
export type GivenSettings = Readonly<Partial<Record<GivenKey, Given>>>
/** A port of the config file is not for `psql` beside an `open`. */
type GivenKey = SettingKey | RailKey | 'openPort'

/** A working day: nobody keeps production open by mistake for longer. */
const PRODUCTION_TTL = '8h'
const NO_LAYER: Layer = {values: {}, bastions: [], rails: {}}

/**
 * What was given, by precedence: flag, then DBTUNNEL_*, then the config files, then AWS_* and PG*. An empty variable counts
 * as unset. Rejects with VALUE_INVALID for a profile or region, REGION_MISSING or CONFIG_INVALID for an
 * unknown profile.
 */
export async function gatherSettings(flags: FlagValues, given: SettingsSources): Promise<GivenSettings> {
  const sources = {...given, env: withoutOuterConnection(given.env)}
  const {env, layer: {values, bastions, rails} = NO_LAYER} = sources
  const from = (flag: TextFlag): Given | undefined => fromFlag(flags, flag) ?? fromEnv(env, variableOf(flag))
  const profile = from('profile') ?? values.profile ?? awsProfile(env)
  const region = await findRegion(flags, sources, profile && profileName(profile))
  const bastion = from('bastion') ?? values.bastion
  const account =
    !bastion && bastions.some((one) => one.account) ? await sources.profileAccount(profile?.text) : undefined
  const fits = (one: BastionEntry): boolean =>
    (one.account ?? account) === account &&
    (one.profile ?? profile?.text) === profile?.text &&
    (one.region ?? region.text) === region.text
  const {production} = rails
  return compact({
    profile,
    region,
    user: from('user') ?? values.user ?? fromEnv(env, 'PGUSER'),
    database: from('database') ?? values.database ?? fromEnv(env, 'PGDATABASE'),
    bastion: bastion ?? bastions.find(fits)?.bastion,
    localPort: from('local-port'),
    openPort: values.localPort,
    resolve: from('resolve') ?? values.resolve,
    engine: from('engine') ?? values.engine,
    sslmode: from('sslmode') ?? values.sslmode,
    caBundle: from('ca-bundle') ?? values.caBundle,
    reason: from('reason') ?? values.reason,
    timeout: from('timeout') ?? values.timeout,
    ttl: from('ttl') ?? rails.ttl ?? (production && {text: PRODUCTION_TTL, origin: `production, ${production.origin}`}),
    idle: from('idle') ?? values.idle,
    keepAlive: values.keepAlive,
    allowOtherUsers: switched(flags, 'allow-other-users', 'true') ?? values.allowOtherUsers,
    ownPort: switched(flags, 'no-own-port', 'false') ?? values.ownPort,
    production,
    readOnly: readOnlyFlag(flags) ?? readOnlyVariable(env) ?? rails.readOnly,
    requireReason: rails.requireReason,
  })
}

/** No variable, and no other file, lifts what a file wants: only who types the command does. Throws USAGE. */
function readOnlyFlag({'read-only': isReadOnly = false, write = false}: FlagValues): Given | undefined {
  if (isReadOnly && write) {
    throw fail('USAGE', '--read-only and --write contradict each other.', {hint: 'Give one of them.'})
  }
  if (write) return {text: 'false', origin: '--write'}
  return isReadOnly ? {text: 'true', origin: '--read-only'} : undefined
}

/** It can put the guard rail up, and never down. Throws VALUE_INVALID. */
function readOnlyVariable(env: SettingsSources['env']): Given | undefined {
  const given = fromEnv(env, 'DBTUNNEL_READ_ONLY')
  if (!given) return undefined
  const {text, origin} = given
  if (['on', 'true', 'yes', '1'].includes(text.toLowerCase())) return {text: 'true', origin}
  throw fail('VALUE_INVALID', `${origin}: ${JSON.stringify(text)} is not "on".`, {
    hint: 'No variable lifts read-only: unset it, and for one run that may write, type --write',
  })
}

/** What a switch says when it is there. */
function switched(flags: FlagValues, flag: SwitchFlag, text: 'true' | 'false'): Given | undefined {
  return flags[flag] ? {text, origin: `--${flag}`} : undefined
}

function compact(given: Partial<Record<GivenKey, Given | undefined>>): GivenSettings {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function fromFlag(flags: FlagValues, flag: TextFlag): Given | undefined {
  const text = flags[flag]
  return text === undefined ? undefined : {text, origin: `--${flag}`}
}

const variableOf = (flag: string): string => `DBTUNNEL_${flag.replaceAll('-', '_').toUpperCase()}`

export function fromEnv(env: SettingsSources['env'], ...names: readonly string[]): Given | undefined {
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

async function findRegion(flags: FlagValues, sources: SettingsSources, profile: string | undefined): Promise<Given> {
  const {env, targetRegion, layer} = sources
  const flag = fromFlag(flags, 'region')
  const named = flag && regionOf(flag)
  if (targetRegion !== undefined) {
    if (named === undefined || named === targetRegion) return {text: targetRegion, origin: "the endpoint's name"}
    throw fail('VALUE_INVALID', `--region ${named} contradicts the target, whose name is in ${targetRegion}.`, {
      hint: 'Leave --region out.',
    })
  }
  const given =
    flag ??
    fromEnv(env, 'DBTUNNEL_REGION') ??
    layer?.values.region ??
    fromEnv(env, 'AWS_REGION', 'AWS_DEFAULT_REGION') ??
    (await regionOfProfile(profile, sources))
  if (given) return {...given, text: regionOf(given)}
  throw fail('REGION_MISSING', 'No AWS region is set.', {
    hint: `Pass --region eu-west-1, set AWS_REGION, or type: aws configure set region eu-west-1${profileOption(profile)}`,
  })
}

async function regionOfProfile(
  profile: string | undefined,
  {profileRegion}: Pick<SettingsSources, 'profileRegion'>,
): Promise<Given | undefined> {
  const text = await profileRegion(profile)
  return text ? {text, origin: `region of profile ${profile ?? 'default'}`} : undefined
}
