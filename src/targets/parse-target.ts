import {quoted} from '../core/text/clip.js'
import {fail} from '../core/errors.js'
import {isDatabaseIdentifier, isHostName, isPort, isRegion} from '../core/grammars.js'
import {parseEndpointName} from './endpoint-name.js'

/** What a TARGET word names; `text` is the word as it was typed, all else is in lower case. */
export type TargetName =
  /** An instance or a cluster. */
  | {readonly kind: 'name'; readonly text: string; readonly id: string}
  | {readonly kind: 'reader'; readonly text: string; readonly clusterId: string}
  | {readonly kind: 'custom'; readonly text: string; readonly clusterId: string; readonly endpointId: string}
  | EndpointTarget

export interface EndpointTarget {
  readonly kind: 'endpoint'
  readonly text: string
  readonly host: string
  /** Only where it was typed: `HOST:PORT`. */
  readonly port?: number | undefined
  readonly region: string
  /** What the endpoint belongs to: `id` is that of the instance, cluster, custom endpoint or proxy. */
  readonly of: 'instance' | 'writer' | 'reader' | 'custom' | 'proxy'
  readonly id: string
}

/**
 * Reads `name`, `name:reader`, `name:CUSTOM_ENDPOINT`, or an RDS endpoint's
 * host name with or without `:PORT`. Rejects all else with TARGET_INVALID.
 */
export function parseTarget(text: string): TargetName {
  const word = text.toLowerCase()
  const [head = '', tail, ...more] = word.split(':')
  if (text.startsWith('-') || more.length > 0 || tail === '') throw invalid(text)
  if (head.includes('.')) return parseHost(text, head, tail)
  if (!isDatabaseIdentifier(head)) throw invalid(text)
  if (tail === undefined) return {kind: 'name', text, id: head}
  if (tail === 'reader') return {kind: 'reader', text, clusterId: head}
  if (isDatabaseIdentifier(tail)) return {kind: 'custom', text, clusterId: head, endpointId: tail}
  throw invalid(text)
}

function parseHost(text: string, host: string, tail: string | undefined): EndpointTarget {
  const endpoint = isHostName(host) ? parseEndpointName(host) : undefined
  if (!endpoint || !isRegion(endpoint.region)) {
    throw fail('TARGET_INVALID', `${quoted(text)} is not the name of an RDS endpoint.`, {
      hint: 'Give the identifier of the database, or its own endpoint: an alias of it (CNAME) is not in the certificate and cannot sign a token.',
    })
  }
  const port = tail === undefined ? undefined : Number(/^\d{1,5}$/.test(tail) ? tail : NaN)
  if (port !== undefined && !isPort(port)) throw invalid(text)
  return {kind: 'endpoint', text, host, port, ...endpoint}
}

function invalid(text: string): Error {
  return fail('TARGET_INVALID', `${quoted(text)} cannot be the name of a database.`, {
    hint: 'A target is an RDS identifier (prod-db), a cluster with an endpoint (prod:reader, prod:reports), or an endpoint host name.',
  })
}

/** The region that the target's own name holds; undefined for a mere identifier. */
export function regionOf(name: TargetName): string | undefined {
  return name.kind === 'endpoint' ? name.region : undefined
}

/** The target as people say it: a host name that was typed is too long for a prompt. */
export function spokenName(name: TargetName): string {
  if (name.kind !== 'endpoint' || !name.text.toLowerCase().startsWith(name.host)) return name.text
  return name.of === 'reader' ? `${name.id}:reader` : name.id
}
