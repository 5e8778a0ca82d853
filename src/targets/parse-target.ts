import {quoted} from '../core/text/clip.js'
import {type EndpointName, parseEndpointName} from '../core/endpoint-name.js'
import {fail} from '../core/errors.js'
import {isDatabaseIdentifier, isHostName, isPort} from '../core/grammars.js'
import {type DatabaseArn, parseDatabaseArn} from './database-arn.js'
import {isUrl, meantTarget} from './meant-target.js'

/** What a TARGET word names; `text` is the word as it was typed, all else is in lower case. */
export type TargetName =
  /** An instance or a cluster. */
  | {
      readonly kind: 'name'
      readonly text: string
      readonly id: string
      /** Where the word was an ARN. */
      readonly arn?: DatabaseArn | undefined
      /** Where the word looks like RDS's own id of a database (`db-…`, `cluster-…`), in its capitals. A database may be called so, too. */
      readonly resourceId?: string | undefined
    }
  | {readonly kind: 'reader'; readonly text: string; readonly clusterId: string}
  | {readonly kind: 'custom'; readonly text: string; readonly clusterId: string; readonly endpointId: string}
  | GlobalTarget
  | EndpointTarget

/** The writer endpoint of a global database, as long as nobody has asked where its writer is. */
export interface GlobalTarget {
  readonly kind: 'global'
  readonly text: string
  readonly host: string
  readonly port?: number | undefined
  /** That of the global database. */
  readonly id: string
}

export interface EndpointTarget {
  readonly kind: 'endpoint'
  readonly text: string
  readonly host: string
  /** Only where it was typed: `HOST:PORT`. */
  readonly port?: number | undefined
  readonly region: string
  /** What the endpoint belongs to. */
  readonly of: EndpointName['of']
  /** That of the instance, cluster, custom endpoint, proxy or shard group; of a global database, the cluster that writes. */
  readonly id: string
}

/** `db-` or `cluster-` and 26 capitals and digits. */
const RESOURCE_ID = /^(db|cluster)-[a-z0-9]{26}$/

/**
 * Reads `name`, `name:reader`, `name:writer`, `name:CUSTOM_ENDPOINT`, an ARN or a resource id of an instance or cluster, or an RDS endpoint's
 * host name with or without `:PORT`. Rejects all else with TARGET_INVALID.
 */
export function parseTarget(text: string): TargetName {
  const word = text.toLowerCase()
  if (word.startsWith('arn:')) return parseArn(text, word)
  const [head = '', tail, ...more] = word.split(':')
  if (text.startsWith('-') || more.length > 0 || tail === '') throw invalid(text)
  if (head.includes('.')) return parseHost(text, head, tail)
  if (!isDatabaseIdentifier(head)) throw invalid(text)
  if (tail === undefined) return {kind: 'name', text, id: head, ...resourceIdOf(head)}
  // A cluster's own endpoint is its writer's.
  if (tail === 'writer') return {kind: 'name', text, id: head}
  if (tail === 'reader') return {kind: 'reader', text, clusterId: head}
  if (isDatabaseIdentifier(tail)) return {kind: 'custom', text, clusterId: head, endpointId: tail}
  throw invalid(text)
}

function resourceIdOf(word: string): {readonly resourceId?: string} {
  const [, kind] = RESOURCE_ID.exec(word) ?? []
  return kind === undefined ? {} : {resourceId: kind + word.slice(kind.length).toUpperCase()}
}

function parseArn(text: string, word: string): TargetName {
  const arn = parseDatabaseArn(word)
  if (arn) return {kind: 'name', text, id: arn.id, arn}
  throw fail('TARGET_INVALID', `${quoted(text)} is not the ARN of a database.`, {
    hint: 'ARNs that name one: arn:aws:rds:REGION:ACCOUNT:db:NAME and arn:aws:rds:REGION:ACCOUNT:cluster:NAME. For anything else type its endpoint.',
  })
}

function parseHost(text: string, host: string, tail: string | undefined): GlobalTarget | EndpointTarget {
  const endpoint = parseEndpointName(host)
  if (!endpoint) throw notAnEndpoint(text)
  const port = tail === undefined ? undefined : Number(/^\d{1,5}$/.test(tail) ? tail : NaN)
  if (port !== undefined && !isPort(port)) throw invalid(text)
  const {of, id, region} = endpoint
  return region === undefined
    ? {kind: 'global', text, host, port, id}
    : {kind: 'endpoint', text, host, port, of, id, region}
}

/** `alias`: the RDS endpoint that it is known to lead to. */
export function notAnEndpoint(text: string, alias?: string): Error {
  if (alias !== undefined) {
    return fail('TARGET_INVALID', `${quoted(text)} is an alias (CNAME) of the RDS endpoint ${alias}.`, {
      hint: `Use the endpoint instead: ${alias}\nAn alias is not in the certificate, and IAM tokens are not valid for it.`,
    })
  }
  const meant = meantTarget(text)
  return fail('TARGET_INVALID', `${quoted(text)} is not the name of an RDS endpoint.`, {
    hint:
      meant !== undefined
        ? `Did you mean: ${meant}`
        : 'Use the identifier of the database, or its own RDS endpoint: an alias (CNAME) is not in the certificate, and IAM tokens are not valid for it.',
  })
}

/** The host of a word that has the form of a host name, with or without a port, and is not the name of an RDS endpoint. */
export function foreignHost(text: string): string | undefined {
  const [, host = ''] = /^([^:]+)(?::\d{1,5})?$/.exec(text.toLowerCase()) ?? []
  return host.includes('.') && isHostName(host) && !parseEndpointName(host) ? host : undefined
}

function invalid(text: string): Error {
  const what = isUrl(text) ? 'A URL' : quoted(text)
  const meant = meantTarget(text)
  return fail('TARGET_INVALID', `${what} is not a valid target.`, {
    hint:
      meant !== undefined
        ? `Did you mean: ${meant}`
        : 'A target is an RDS identifier (prod-db), a cluster with an endpoint (prod:reader, prod:reports), an ARN, or an endpoint host name.',
  })
}

/** The region that the target's own name holds; undefined for a mere identifier. */
export function regionOf(name: TargetName): string | undefined {
  if (name.kind === 'endpoint') return name.region
  return name.kind === 'name' ? name.arn?.region : undefined
}

/** The target as people say it: a host name or an ARN that was typed is too long for a prompt. */
export function spokenName(name: TargetName): string {
  const word = name.text.toLowerCase()
  switch (name.kind) {
    case 'name':
      return word.startsWith('arn:') ? name.id : name.text
    case 'reader':
    case 'custom':
      return name.text
    case 'global':
    case 'endpoint':
      if (!word.startsWith(name.host)) return name.text
      return name.kind === 'endpoint' && name.of === 'reader' ? `${name.id}:reader` : (name.host.split('.')[0] ?? '')
  }
}
