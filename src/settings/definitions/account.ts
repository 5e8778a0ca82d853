import {TUNNEL_COMMANDS, setting} from '../setting.js'
import {profile, region} from '../value-kinds.js'

/** Who asks AWS, and where. */
export const account = [
  setting({
    key: 'profile',
    value: profile,
    group: 'AWS',
    help: 'AWS profile.',
    flag: 'profile',
    commands: [...TUNNEL_COMMANDS, 'token', 'list', 'approve'],
    elsewhere: ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'],
    owner: 'user',
    unset: 'none',
  }),
  setting({
    key: 'region',
    value: region,
    group: 'AWS',
    help: 'AWS region of the database.',
    flag: 'region',
    commands: [...TUNNEL_COMMANDS, 'token', 'list', 'approve'],
    elsewhere: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    owner: 'team',
    absent: '',
    unset: "the profile's region",
  }),
] as const
