import {LOGIN_COMMANDS, setting} from '../../../src/settings/setting.js'
import {words} from '../../../src/settings/value-kinds.js'

/** For a test: a setting with two values. */
export const toy = [
  setting({
    key: 'greeting',
    value: words('WORD', ['hello', 'goodbye']),
    group: 'TUNNEL',
    help: 'How to greet the database.',
    flag: 'greeting',
    commands: LOGIN_COMMANDS,
    owner: 'user',
    default: 'hello',
  }),
] as const
