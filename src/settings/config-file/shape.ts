import {
  array,
  boolean,
  type core,
  describe,
  enum as oneOf,
  gte,
  type infer as Shape,
  int,
  lte,
  optional,
  partial,
  record,
  strictObject,
  string,
  union,
  ZodMiniArray,
  ZodMiniObject,
  ZodMiniOptional,
  ZodMiniRecord,
  type ZodMiniType,
} from 'zod/mini'
import {type AnySetting, SETTINGS} from '../all-settings.js'
import type {Setting} from '../setting.js'
import {BASTION_FORMS} from '../values.js'

// What may stand where in a config file; zod, for the JSON Schema of it, too. What a value must look like inside, each
// setting's own check says, as for the flags.

const text = (description: string) => string({error: 'text'}).check(describe(description))
const PORT = 'a port from 1 to 65535'
const port = (description: string) => int({error: PORT}).check(gte(1, PORT), lte(65535, PORT), describe(description))

/** What the settings have as their values here. */
type SettingType = ZodMiniType<string | number | boolean>

function typeOf({value, help, helpInFile = help}: Setting): SettingType {
  const {form, words = [], examples = ''} = value
  if (form === 'port') return port(helpInFile)
  if (form === 'switch') return boolean({error: 'true or false'}).check(describe(helpInFile))
  if (form === 'words') return oneOf(words, {error: `one of ${words.join(', ')}`}).check(describe(helpInFile))
  const time = (): SettingType => union([string(), int()], {error: `a time, such as ${examples}`})
  return form === 'time' ? time().check(describe(helpInFile)) : text(helpInFile)
}

type KeysOf<Owner> = Extract<AnySetting, {readonly owner: Owner}>['key']

/** A team's file may not set what is the user's own. */
const settingsOf = <Owner extends 'team' | 'user'>(...owners: readonly Owner[]) =>
  Object.fromEntries(
    SETTINGS.filter(({owner}) => owners.some((one) => one === owner)).map((one) => [one.key, typeOf(one)]),
  ) as Record<KeysOf<Owner>, SettingType>

const teamSettings = settingsOf('team')
const userSettings = settingsOf('team', 'user')

const place = {
  identifier: text(
    'RDS identifier: an instance, a cluster, CLUSTER:reader or CLUSTER:ENDPOINT. Without it: the name itself.',
  ),
  host: text(
    "The endpoint's own host name, in the place of an identifier. With port, user and bastion nothing is looked up.",
  ),
  port: port("The endpoint's port; only with host."),
  tags: record(string(), text('Value of a tag.'), {error: 'a mapping'}).check(
    describe('Words of your own, for list --tag.'),
  ),
}

const mapping = {error: 'a mapping'}

const teamDefaults = partial(strictObject(teamSettings, mapping))
const userDefaults = partial(strictObject(userSettings, mapping))
const teamTarget = partial(strictObject({...place, ...teamSettings}, mapping))
const userTarget = partial(strictObject({...place, ...userSettings}, mapping))

function fileOf<D extends core.$ZodType, T extends core.$ZodType>(defaults: D, target: T) {
  const members = array(text('Name of a target, or a pattern such as prod-*.'), {error: 'a list of names'})
  const bastion = strictObject(
    {
      account: text('Number of the AWS account, where the profile names it (sso_account_id or role_arn).'),
      profile: text('AWS profile.'),
      region: text('AWS region.'),
      bastion: text(`Bastion: ${BASTION_FORMS}.`),
    },
    mapping,
  )
  const bastions = array(partial(bastion, {account: true, profile: true, region: true}), {error: 'a list'})
  const sections = {
    defaults: optional(defaults),
    targets: optional(record(string(), target, mapping).check(describe('By the name to type.'))),
    groups: optional(record(string(), members, mapping).check(describe('Names for several targets.'))),
    bastions: optional(
      bastions.check(
        describe('Bastion by AWS account, profile, region, or several of them; the first that fits counts.'),
      ),
    ),
  }
  return strictObject(sections, mapping)
}

/** `dbtunnel.yaml`: what a stranger may set without anyone being worse off. */
export const TEAM_FILE = fileOf(teamDefaults, teamTarget)
/** `config.yaml` of the user's own. */
export const USER_FILE = fileOf(userDefaults, userTarget)

export type FileShape = Shape<typeof USER_FILE>

/** The keys that a mapping at this path may have; none where they are free. */
export function keysAt(
  file: typeof USER_FILE | typeof TEAM_FILE,
  path: readonly (string | number)[],
): readonly string[] {
  let at: unknown = file
  for (const key of path) {
    const type = bare(at)
    at =
      type instanceof ZodMiniObject
        ? type.def.shape[key]
        : type instanceof ZodMiniRecord
          ? type.def.valueType
          : type instanceof ZodMiniArray
            ? type.def.element
            : undefined
  }
  const type = bare(at)
  return type instanceof ZodMiniObject ? Object.keys(type.def.shape) : []
}

function bare(type: unknown): unknown {
  return type instanceof ZodMiniOptional ? bare(type.def.innerType) : type
}
