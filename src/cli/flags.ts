import * as Flags from '@oclif/core/flags'
import {GUARD_LIMITS} from '../databases/postgres/guard-rails.js'
import {BASTION_FORMS, portNumber} from '../settings/values.js'

/** Flags of every command. */
export const outputFlags = {
  quiet: Flags.boolean({description: 'Print nothing on stderr but errors.', helpGroup: 'OUTPUT'}),
  debug: Flags.boolean({
    description: 'Say in detail what is done, and show stack traces. Never prints a secret.',
    helpGroup: 'OUTPUT',
  }),
}

/** Flags that say who asks AWS, and where. */
export const accountFlags = {
  profile: Flags.string({description: 'AWS profile. [AWS_PROFILE]', helpValue: 'NAME', helpGroup: 'AWS'}),
  region: Flags.string({
    description: 'AWS region of the database. [AWS_REGION]',
    helpValue: 'REGION',
    helpGroup: 'AWS',
  }),
}

/** Flags that say who logs in to the database. */
export const loginFlags = {
  user: Flags.string({
    char: 'U',
    description: 'Database user. Without it: the name of your AWS session, or of your IAM user.',
    helpValue: 'NAME',
    helpGroup: 'DATABASE',
  }),
}

/** Flags of every command that opens a tunnel. */
export const tunnelFlags = {
  database: Flags.string({
    char: 'd',
    description: 'Database to open. Without it: the one that RDS made at the start, else postgres.',
    helpValue: 'NAME',
    helpGroup: 'DATABASE',
  }),
  sslmode: Flags.string({
    description:
      'verify-full, or verify-ca, which does not compare the name. Lower ones are refused: the token is a password.',
    helpValue: 'MODE',
    helpGroup: 'DATABASE',
  }),
  'ca-bundle': Flags.string({
    description: 'PEM file with further authorities to trust.',
    helpValue: 'FILE',
    helpGroup: 'DATABASE',
  }),
  bastion: Flags.string({
    description: `Bastion: ${BASTION_FORMS}. Without it: instances whose Name, Role or Purpose tag contains "bastion", or that have a tag dbtunnel:bastion.`,
    helpValue: 'RULE',
    helpGroup: 'TUNNEL',
  }),
  engine: Flags.string({
    description:
      'Who carries the session: plugin (the session-manager-plugin), native (dbtunnel itself), or auto: the plugin where it is installed and new enough.',
    helpValue: 'ENGINE',
    helpGroup: 'TUNNEL',
  }),
  'local-port': Flags.string({
    description:
      'Port on 127.0.0.1. Without it: in psql and exec any free one, in open the same one each time (5432, or one made of the name).',
    helpValue: 'PORT',
    helpGroup: 'TUNNEL',
    parse: async (text) => checked(text, () => portNumber({text, origin: '--local-port'})),
  }),
  resolve: Flags.string({
    description:
      "How the endpoint's name leads to 127.0.0.1: hosts (a line in the hosts file, written by sudo where that needs root), hostaddr (libpq only, no root), or auto.",
    helpValue: 'WAY',
    helpGroup: 'TUNNEL',
  }),
  timeout: Flags.string({
    description: 'Until the database has answered, such as 45s or 2m. [default: 60s]',
    helpValue: 'TIME',
    helpGroup: 'TUNNEL',
  }),
}

/** Flags of every command whose tunnel other people's programs may use. */
export const otherUsersFlags = {
  'allow-other-users': Flags.boolean({
    description: "Let programs of this machine's other users connect, too. Else only yours and root's may.",
    helpGroup: 'TUNNEL',
  }),
}

/** Flags of a command that runs a program for several databases. */
export const severalFlags = {
  target: Flags.string({
    description: 'One of several databases; once for each.',
    helpValue: 'TARGET',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'SEVERAL',
  }),
  parallel: Flags.integer({
    description: 'How many at a time.',
    helpValue: 'N',
    min: 1,
    max: 32,
    default: 4,
    helpGroup: 'SEVERAL',
  }),
  'output-dir': Flags.string({
    description: 'Where output goes: DIR/TARGET.out and DIR/TARGET.err, which may not be there yet.',
    helpValue: 'DIR',
    helpGroup: 'SEVERAL',
  }),
  'fail-fast': Flags.boolean({
    description: 'Start no further one once one has failed. Those that run are not interrupted.',
    helpGroup: 'SEVERAL',
  }),
}

/** Flags of every command that lets someone log in: why, and how carefully. */
export const guardFlags = {
  reason: Flags.string({
    description: 'Kept in the session history of Systems Manager, and shown by the database (application_name).',
    helpValue: 'TEXT',
    helpGroup: 'GUARD RAIL',
  }),
  'read-only': Flags.boolean({
    description: `Sessions begin read-only, with limits: ${GUARD_LIMITS}. [DBTUNNEL_READ_ONLY=on] A guard rail for libpq clients, not a permission: "set" lifts it.`,
    helpGroup: 'GUARD RAIL',
  }),
  write: Flags.boolean({
    description: 'Sessions do not begin read-only, even where the config file says so.',
    helpGroup: 'GUARD RAIL',
  }),
}

/** A wrong value is refused by oclif's parser, which writes around an error's message: BaseCommand tells the cause. */
function checked(text: string, check: () => unknown): string {
  try {
    check()
    return text
  } catch (cause) {
    throw new Error('refused', {cause})
  }
}
