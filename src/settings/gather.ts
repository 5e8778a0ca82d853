import {fail} from '../core/errors.js'
import {quoted} from '../core/text/clip.js'
import {profileOption} from '../core/text/aws-cli-options.js'
import type {BastionEntry} from './config-file/config-file.js'
import type {Layer} from './config-file/layers.js'
import {type AnySetting, SETTINGS, type SettingKey} from './all-settings.js'
import {withoutOuterConnection} from './ignore-outer-tunnel.js'
import {type Setting, variableOf} from './setting.js'
import type {Switch} from './value-kinds.js'
import {type Given, profileName, regionOf} from './values.js'

type FlagOf<S extends AnySetting> =
  | (S extends {readonly flag: infer F extends string} ? F : never)
  | (S extends {readonly offFlag: {readonly name: infer F extends string}} ? F : never)
type SwitchSetting = Extract<AnySetting, {readonly value: Switch}>

/** The flags of a connecting command as the parser gives them: not yet checked. */
export type FlagValues = Readonly<
  Partial<Record<FlagOf<Exclude<AnySetting, SwitchSetting>>, string | undefined>> &
    Partial<Record<FlagOf<SwitchSetting>, boolean>>
>

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
type GivenKey = SettingKey | 'openPort'

type Environment = SettingsSources['env']

/** A working day: nobody keeps production open by mistake for longer. */
const PRODUCTION_TTL = '8h'
const NO_LAYER: Layer = {values: {}, bastions: [], rails: {}}

/**
 * What was given, by precedence: flag, then DBTUNNEL_*, then the config files, then AWS_* and PG*. An empty variable counts
 * as unset. Rejects with VALUE_INVALID for a profile or region, USAGE for flags that contradict each other, REGION_MISSING,
 * or CONFIG_INVALID for an unknown profile.
 */
export async function gatherSettings(flags: FlagValues, sources: SettingsSources): Promise<GivenSettings> {
  const {layer = NO_LAYER} = sources
  const {values, bastions, rails} = layer
  const env = withKeysOverProfile(withoutOuterConnection(sources.env))
  const inFiles = ({stricter}: Setting, key: SettingKey): Given | undefined => (stricter ? rails[key] : values[key])
  const found = compact(
    SETTINGS.map((one) => [
      one.key,
      fromFlags(one, flags) ??
        fromVariable(one, env) ??
        inFiles(one, one.key) ??
        fromEnv(env, ...(one.elsewhere ?? [])),
    ]),
  )
  const {profile, localPort, ttl, production} = found
  const region = await findRegion(found.region, sources, profile && profileName(profile))
  const account =
    !found.bastion && bastions.some((one) => one.account) ? await sources.profileAccount(profile?.text) : undefined
  const fits = (one: BastionEntry): boolean =>
    (one.account ?? account) === account &&
    (one.profile ?? profile?.text) === profile?.text &&
    (one.region ?? region.text) === region.text
  return compact(
    Object.entries({
      ...found,
      region,
      bastion: found.bastion ?? bastions.find(fits)?.bastion,
      localPort: localPort === values.localPort ? undefined : localPort,
      openPort: values.localPort,
      ttl: ttl ?? (production && {text: PRODUCTION_TTL, origin: `production, ${production.origin}`}),
    }),
  )
}

function compact(given: readonly (readonly [string, Given | undefined])[]): GivenSettings {
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

/** What the flag of a setting says, or the one that turns it off. Throws USAGE for both. */
function fromFlags({flag, offFlag}: Setting, flags: FlagValues): Given | undefined {
  const given: Readonly<Partial<Record<string, string | boolean>>> = flags
  const value = flag === undefined ? undefined : given[flag]
  const isOff = offFlag !== undefined && given[offFlag.name] === true
  if (value === true && isOff) {
    throw fail('USAGE', `--${flag} and --${offFlag.name} cannot be used together.`, {hint: 'Use only one of them.'})
  }
  if (isOff) return {text: 'false', origin: `--${offFlag.name}`}
  if (typeof value === 'string') return {text: value, origin: `--${flag}`}
  return value === true ? {text: 'true', origin: `--${flag}`} : undefined
}

/** Throws VALUE_INVALID for a switch that says neither yes nor no. */
function fromVariable(one: Setting, env: Environment): Given | undefined {
  const variable = variableOf(one)
  const given = variable === undefined ? undefined : fromEnv(env, variable)
  return given && one.value.form === 'switch' ? switched(one, given) : given
}

/** A variable can put a guard rail up, and never down: only who types the command may do that. */
function switched({flag, offFlag, stricter}: Setting, {text, origin}: Given): Given {
  const word = text.toLowerCase()
  if (['on', 'true', 'yes', '1'].includes(word)) return {text: 'true', origin}
  if (!stricter && ['off', 'false', 'no', '0'].includes(word)) return {text: 'false', origin}
  throw fail('VALUE_INVALID', `${origin}: ${quoted(text)} is not ${stricter ? '"on"' : '"on" or "off"'}.`, {
    hint:
      stricter && offFlag
        ? `No variable turns off --${flag}: unset it, and for one run that may write, type --${offFlag.name}`
        : undefined,
  })
}

function fromEnv(env: Environment, ...names: readonly string[]): Given | undefined {
  for (const origin of names) {
    const text = env[origin]
    if (text) return {text, origin}
  }
  return undefined
}

/** As with the AWS CLI and the plugin, keys in the environment beat AWS_PROFILE, though not a profile asked for by name. */
function withKeysOverProfile(env: Environment): Environment {
  if (!env['AWS_ACCESS_KEY_ID'] || !env['AWS_SECRET_ACCESS_KEY']) return env
  const {AWS_PROFILE: _, AWS_DEFAULT_PROFILE: _default, ...others} = env
  return others
}

/** `given` is what was said of it; it must not contradict the target's name, where that holds one. */
async function findRegion(
  given: Given | undefined,
  sources: SettingsSources,
  profile: string | undefined,
): Promise<Given> {
  const {targetRegion} = sources
  if (targetRegion !== undefined) {
    if (given?.origin !== '--region' || regionOf(given) === targetRegion) {
      return {text: targetRegion, origin: 'name of the endpoint'}
    }
    throw fail('VALUE_INVALID', `--region ${given.text} does not match the target, which is in ${targetRegion}.`, {
      hint: 'Remove --region.',
    })
  }
  const found = given ?? (await regionOfProfile(profile, sources))
  if (found) return {...found, text: regionOf(found)}
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
