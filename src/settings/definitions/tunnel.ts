import {DEFAULT_RULE} from '../../bastions/rule.js'
import type {NameMode} from '../../hosts/name-mode.js'
import type {CarrierChoice} from '../../links/session/carrier-choice.js'
import {LOGIN_COMMANDS, TUNNEL_COMMANDS, setting} from '../setting.js'
import {bastionRule, onOff, port, time, words} from '../value-kinds.js'
import {BASTION_FORMS} from '../values.js'

/** How a connection gets to the database. */
export const tunnel = [
  setting({
    key: 'bastion',
    value: bastionRule,
    group: 'TUNNEL',
    help: `Bastion, one of ${BASTION_FORMS}. Without it: instances whose Name, Role or Purpose tag contains "bastion", or that have a tag dbtunnel:bastion.`,
    flag: 'bastion',
    commands: [...TUNNEL_COMMANDS, 'list'],
    owner: 'team',
    absent: DEFAULT_RULE,
    unset: 'by its tags',
  }),
  setting({
    key: 'engine',
    property: 'carrier',
    value: words<CarrierChoice>('ENGINE', ['auto', 'plugin', 'native']),
    group: 'TUNNEL',
    help: 'What carries the session: plugin (the session-manager-plugin), native (dbtunnel itself), or auto: the plugin where it is installed and new enough.',
    flag: 'engine',
    commands: TUNNEL_COMMANDS,
    owner: 'user',
    default: 'auto',
  }),
  setting({
    key: 'localPort',
    value: port,
    group: 'TUNNEL',
    help: 'Port on 127.0.0.1. Without it: in psql and exec any free one, in open the same one each time, made from the name.',
    helpInFile: 'Port on 127.0.0.1 for open. psql and exec take a free one.',
    flag: 'local-port',
    commands: TUNNEL_COMMANDS,
    owner: 'user',
    absent: 0,
    unset: 'a free one',
  }),
  setting({
    key: 'ownPort',
    value: onOff,
    group: 'TUNNEL',
    help: "Whether to take the database's own port on 127.0.0.1, too, while the hosts file leads its name there.",
    offFlag: {
      name: 'no-own-port',
      help: "Leave the database's own port (5432, say) on 127.0.0.1 free. Without it: that port leads to the database, too, while the hosts file has its name, so that no other program can sit there.",
    },
    commands: LOGIN_COMMANDS,
    owner: 'user',
    default: 'true',
  }),
  setting({
    key: 'allowOtherUsers',
    value: onOff,
    group: 'TUNNEL',
    help: "Let programs of this machine's other users connect, too. Without it: only yours and root's may.",
    helpInFile:
      "Whether programs of this machine's other users may connect, too. Without it: only yours and root's may.",
    flag: 'allow-other-users',
    commands: ['exec', 'open'],
    owner: 'user',
    default: 'false',
  }),
  setting({
    key: 'autoLogin',
    value: onOff,
    group: 'TUNNEL',
    help: 'The local end logs in by itself: programs need no password, no TLS and no hosts file, at a socket that only you can reach.',
    helpInFile:
      'Whether the local end of open logs in by itself: programs need no password, no TLS and no hosts file, at a socket that only you can reach.',
    flag: 'auto-login',
    offFlag: {name: 'no-auto-login', help: 'Programs log in themselves, even where the config file says otherwise.'},
    commands: ['open'],
    owner: 'user',
    default: 'false',
  }),
  setting({
    key: 'tcp',
    value: onOff,
    group: 'TUNNEL',
    help: 'With --auto-login: on a port of 127.0.0.1, too, with a local password, for clients that know no sockets.',
    helpInFile: 'With autoLogin: whether on a port of 127.0.0.1, too, with a local password.',
    flag: 'tcp',
    commands: ['open'],
    owner: 'user',
    default: 'false',
  }),
  setting({
    key: 'resolve',
    value: words<NameMode>('WAY', ['auto', 'hosts', 'hostaddr']),
    group: 'TUNNEL',
    help: "How the endpoint's name leads to 127.0.0.1: hosts (a line in the hosts file, written by sudo where that needs root), hostaddr (libpq only, no root), or auto.",
    flag: 'resolve',
    commands: TUNNEL_COMMANDS,
    owner: 'user',
    default: 'auto',
  }),
  setting({
    key: 'timeout',
    property: 'timeoutMs',
    value: time('60m', '45s or 2m'),
    group: 'TUNNEL',
    help: 'How long to wait until the database has answered, such as 45s or 2m.',
    flag: 'timeout',
    commands: TUNNEL_COMMANDS,
    owner: 'user',
    default: '60s',
  }),
] as const
