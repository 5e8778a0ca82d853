import {setting, TUNNEL_COMMANDS} from '../setting.js'
import {configPath} from '../value-kinds.js'

/** Where settings come from: itself in no file. */
export const configFile = [
  setting({
    key: 'config',
    value: configPath,
    group: 'CONFIG FILE',
    help: "The team's config file, in place of the dbtunnel.yaml that would be found. Naming it approves where it leads.",
    flag: 'config',
    commands: [...TUNNEL_COMMANDS, 'token', 'list', 'approve'],
    unset: 'the dbtunnel.yaml of the working directory or above it',
  }),
] as const
