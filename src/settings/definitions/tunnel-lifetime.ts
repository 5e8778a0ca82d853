import {setting} from '../setting.js'
import {onOff, time} from '../value-kinds.js'

/** How long a tunnel is kept open. */
export const tunnelLifetime = [
  setting({
    key: 'ttl',
    property: 'ttlMs',
    value: time('7d', '30m or 2h'),
    group: 'TUNNEL',
    help: 'Close the tunnel after this time, such as 2h.',
    helpInFile: 'After this time, such as 2h, open closes the tunnel. Production without it: 8h.',
    flag: 'ttl',
    commands: ['open'],
    owner: 'team',
    stricter: 'shorter',
    unset: 'none (production: 8h)',
  }),
  setting({
    key: 'idle',
    property: 'idleMs',
    value: time('7d', '30m or 2h'),
    group: 'TUNNEL',
    help: 'Close the tunnel when nothing has been connected for this time, such as 30m.',
    helpInFile: 'When nothing has been connected for this time, such as 30m, open closes the tunnel.',
    flag: 'idle',
    commands: ['open'],
    owner: 'user',
  }),
  setting({
    key: 'keepAlive',
    value: onOff,
    group: 'TUNNEL',
    help: 'Ask the database every 50 s, so that Session Manager never ends the session for being idle.',
    helpInFile:
      'Whether open asks the database every 50 s, so that Session Manager never ends the session for being idle.',
    flag: 'keep-alive',
    commands: ['open'],
    owner: 'user',
    default: 'false',
  }),
] as const
