import {setting} from '../setting.js'
import {onOrOff, program, rate} from '../value-kinds.js'

export const cache = setting({
  key: 'cache',
  value: onOrOff,
  group: 'ENVIRONMENT',
  help: 'Whether to use, and keep, what AWS has said of a database in earlier runs.',
  variable: 'DBTUNNEL_CACHE',
  default: 'on',
})

/** What a machine needs, and no single run: variables only. */
export const environment = [
  cache,
  setting({
    key: 'plugin',
    value: program,
    group: 'ENVIRONMENT',
    help: 'The session-manager-plugin: its path, or another name on PATH.',
    variable: 'DBTUNNEL_PLUGIN',
    unset: 'session-manager-plugin on PATH',
  }),
  setting({
    key: 'uploadRate',
    value: rate,
    group: 'ENVIRONMENT',
    help: 'How fast the native engine sends data to the database at most: bytes a second, or unlimited.',
    variable: 'DBTUNNEL_NATIVE_UPLOAD_RATE',
    unset: "the engine's own",
  }),
] as const
