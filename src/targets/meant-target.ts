import {parseEndpointName} from '../core/endpoint-name.js'
import {isDatabaseIdentifier} from '../core/grammars.js'
import {shellLine} from '../core/text/shell-line.js'

interface Parts {
  readonly user?: string | undefined
  readonly place: string
  readonly database?: string | undefined
}

/** `alice@`, the database's name or host, a port, and `/shop` or `.reader`. */
const LIKE_A_URL = /^(?:(?<user>[^@/:\s]+)@)?(?<place>[\w.-]+?)(?::\d+)?(?:[/.](?<last>[\w-]+))?$/

/** What to type in the place of a word that is no target, written as for psql, ssh or a URL; undefined where nobody knows. */
export function meantTarget(text: string): string | undefined {
  const parts = isUrl(text) ? ofUrl(text) : ofWord(text)
  if (!parts || !(isDatabaseIdentifier(parts.place.replace(/:reader$/, '')) || parseEndpointName(parts.place)))
    return undefined
  const user = parts.user === undefined ? [] : ['-U', parts.user]
  const database = parts.database === undefined ? [] : ['-d', parts.database]
  return shellLine(['dbtunnel', 'psql', parts.place, ...user, ...database])
}

/** A URL may hold a password: it is not to be shown. */
export function isUrl(text: string): boolean {
  return /^(jdbc:)?postgres(ql)?:\/\//i.test(text)
}

function ofUrl(text: string): Parts | undefined {
  try {
    const {hostname, username, pathname, searchParams} = new URL(text.replace(/^jdbc:/i, ''))
    const word = (encoded: string): string | undefined => decodeURIComponent(encoded) || undefined
    const user = word(username) ?? searchParams.get('user') ?? undefined
    return {place: hostname, user, database: word(pathname.slice(1))}
  } catch {
    return undefined
  }
}

function ofWord(text: string): Parts | undefined {
  const {user, place, last} = LIKE_A_URL.exec(text)?.groups ?? {}
  if (place === undefined) return undefined
  const end = last?.toLowerCase()
  if (end === 'reader') return {user, place: `${place}:reader`}
  return {user, place, database: end === 'writer' ? undefined : last}
}
