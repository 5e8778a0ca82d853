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
} from 'zod/mini'
import {BASTION_FORMS} from '../values.js'

// What may stand where in a config file; zod, for the JSON Schema of it, too. What a value must look like inside, each
// setting's own check says, as for the flags.

const text = (description: string) => string({error: 'text'}).check(describe(description))
const flag = (description: string) => boolean({error: 'true or false'}).check(describe(description))
const words = <const T extends readonly [string, ...string[]]>(all: T, description: string) =>
  oneOf(all, {error: `one of ${all.join(', ')}`}).check(describe(description))
const PORT = 'a port from 1 to 65535'
const port = (description: string) => int({error: PORT}).check(gte(1, PORT), lte(65535, PORT), describe(description))
const time = (examples: string, description: string) =>
  union([string(), int()], {error: `a time, such as ${examples}`}).check(describe(description))

/** What makes a run more careful. Of two files the stricter one counts. */
const rails = {
  production: flag('A database to be careful with: sessions begin read-only, and open ends by itself after 8 h.'),
  readOnly: flag('Whether sessions begin read-only. Without it: as production.'),
  requireReason: flag('Whether --reason is compulsory.'),
  ttl: time('2h', 'After how long open ends a tunnel by itself.'),
}

const teamSettings = {
  user: text('Database user. Without it: the name of the AWS session.'),
  database: text('Database to open. Without it: the one that RDS made at the start, else postgres.'),
  region: text('AWS region of the database.'),
  bastion: text(`Bastion: ${BASTION_FORMS}.`),
  ...rails,
}

const userSettings = {
  ...teamSettings,
  profile: text('AWS profile.'),
  localPort: port('Port on 127.0.0.1 of open; psql and exec take a free one.'),
  resolve: words(['auto', 'hosts', 'hostaddr'], "How the endpoint's name leads to 127.0.0.1."),
  engine: words(['auto', 'plugin', 'native'], 'Who carries the session.'),
  sslmode: words(['verify-full', 'verify-ca'], 'verify-ca does not compare the name.'),
  caBundle: text('PEM file with further authorities to trust; a relative path begins in the folder of this file.'),
  reason: text('Kept in the session history of Systems Manager.'),
  timeout: time('45s or 2m', 'Until the database has answered.'),
  idle: time('30m', 'After how long without a connection open ends a tunnel by itself.'),
  keepAlive: flag('Whether open asks the database every 50 s, so that the session is never idle.'),
  allowOtherUsers: flag('Whether programs of other users of this machine may connect, too.'),
  ownPort: flag("Whether the database's own port on 127.0.0.1 is taken, too, while its name leads there."),
}

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
      bastion: teamSettings.bastion,
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
