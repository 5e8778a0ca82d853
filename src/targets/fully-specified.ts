import {databaseKindAt} from '../databases/kind-of.js'
import type {EndpointTarget} from './parse-target.js'
import type {ResolveInput} from './resolve-input.js'
import type {Target} from './target.js'

/**
 * The target as its own name gives it, without asking AWS: for an endpoint with
 * its port, when user and bastion are named, too; and for a proxy always, which
 * no Describe call of ours knows. Undefined when something must be looked up.
 */
export function givenTarget(name: EndpointTarget, input: ResolveInput): Target | undefined {
  const allNamed = name.of !== 'custom' && name.port !== undefined && input.user !== undefined && input.isBastionNamed
  if (!allNamed && name.of !== 'proxy') return undefined
  const kind = databaseKindAt(name.port)
  return {
    name: name.text,
    databaseKind: kind.id,
    endpoint: {host: name.host, port: name.port ?? kind.defaultPort},
    region: name.region,
    profile: input.profile,
    defaultDatabase: kind.defaultDatabase,
    securityGroupIds: [],
  }
}
