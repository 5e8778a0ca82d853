import {TUNNEL_COMMANDS, setting} from '../setting.js'
import {databaseName, databaseUser, pemFile, tlsMode} from '../value-kinds.js'

/** Which database to log in to, as whom, and how it must identify itself. */
export const database = [
  setting({
    key: 'user',
    value: databaseUser,
    group: 'DATABASE',
    help: 'Database user. Without it: the name of your AWS session, or of your IAM user.',
    flag: 'user',
    char: 'U',
    commands: [...TUNNEL_COMMANDS, 'token'],
    elsewhere: ['PGUSER'],
    owner: 'team',
    unset: 'name of the AWS session',
  }),
  setting({
    key: 'database',
    value: databaseName,
    group: 'DATABASE',
    help: 'Database to open. Without it: the one that RDS created with the instance, or else postgres.',
    flag: 'database',
    char: 'd',
    commands: TUNNEL_COMMANDS,
    elsewhere: ['PGDATABASE'],
    owner: 'team',
    unset: 'that of the instance, or postgres',
  }),
  setting({
    key: 'sslmode',
    value: tlsMode,
    group: 'DATABASE',
    help: 'verify-full, or verify-ca, which does not compare the name. Lower modes are refused: the token is a password.',
    flag: 'sslmode',
    commands: TUNNEL_COMMANDS,
    owner: 'user',
    default: 'verify-full',
  }),
  setting({
    key: 'caBundle',
    value: pemFile,
    group: 'DATABASE',
    help: 'PEM file with further authorities to trust.',
    helpInFile: 'PEM file with further authorities to trust. A relative path starts at the folder of this file.',
    flag: 'ca-bundle',
    commands: TUNNEL_COMMANDS,
    owner: 'user',
  }),
] as const
