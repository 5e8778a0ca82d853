import {SESSION_LIMITS} from '../../databases/session-limits.js'
import {LOGIN_COMMANDS, setting} from '../setting.js'
import {onOff, reason} from '../value-kinds.js'

/** Why someone logs in, and how carefully. */
export const guardRails = [
  setting({
    key: 'reason',
    value: reason,
    group: 'GUARD RAIL',
    help: 'Kept in the session history of Systems Manager, and shown by the database (application_name).',
    flag: 'reason',
    commands: LOGIN_COMMANDS,
    owner: 'user',
  }),
  setting({
    key: 'production',
    value: onOff,
    group: 'GUARD RAIL',
    help: 'A database to be careful with: sessions begin read-only, and open closes the tunnel after 8h.',
    owner: 'team',
    stricter: 'on',
    default: 'false',
  }),
  setting({
    key: 'readOnly',
    value: onOff,
    group: 'GUARD RAIL',
    help: `Sessions begin read-only, with limits: ${SESSION_LIMITS}. A guard rail for libpq clients, not a permission: "set" lifts it.`,
    helpInFile: `Whether sessions begin read-only, with limits: ${SESSION_LIMITS}. Without it: as production says.`,
    flag: 'read-only',
    offFlag: {name: 'write', help: 'Sessions do not begin read-only, even where the config file says so.'},
    commands: LOGIN_COMMANDS,
    variable: 'DBTUNNEL_READ_ONLY',
    owner: 'team',
    stricter: 'on',
    default: 'false',
  }),
  setting({
    key: 'requireReason',
    value: onOff,
    group: 'GUARD RAIL',
    help: 'Whether a reason must be given.',
    owner: 'team',
    stricter: 'on',
    default: 'false',
  }),
] as const
