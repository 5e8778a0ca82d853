import type {Hop} from './hop.js'
import {agent} from './hops/agent.js'
import {authorities} from './hops/authorities.js'
import {available} from './hops/available.js'
import {bastion} from './hops/bastion.js'
import {certificate} from './hops/certificate.js'
import {clientHops} from './hops/clients.js'
import {clock} from './hops/clock.js'
import {config} from './hops/config.js'
import {credentials} from './hops/credentials.js'
import {database} from './hops/database.js'
import {folder} from './hops/folder.js'
import {hosts} from './hops/hosts.js'
import {hostsHelper} from './hops/hosts-helper.js'
import {hostsLines} from './hops/hosts-lines.js'
import {iamLogin} from './hops/iam-login.js'
import {login} from './hops/login.js'
import {name} from './hops/name.js'
import {node} from './hops/node.js'
import {plugin} from './hops/plugin.js'
import {port} from './hops/port.js'
import {rdsIam} from './hops/rds-iam.js'
import {region} from './hops/region.js'
import {securityGroups} from './hops/security-groups.js'
import {session} from './hops/session.js'
import {tunnel} from './hops/tunnel.js'

/** In order: this machine, AWS, the database, the way to it, and in. Each after all that it needs. */
export const hops: readonly Hop[] = [
  node,
  ...clientHops,
  config,
  region,
  plugin,
  port,
  folder,
  hosts,
  hostsLines,
  hostsHelper,
  credentials,
  clock,
  database,
  available,
  iamLogin,
  authorities,
  name,
  bastion,
  agent,
  session,
  securityGroups,
  tunnel,
  certificate,
  rdsIam,
  login,
]
