import {sha256} from './sigv4.js'

export interface PageRequest {
  /** At most this many items are looked at. */
  readonly limit: number
  readonly token?: string | undefined
  /** All of the question but the token: a token is good for no other. */
  readonly question: string
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly next?: string | undefined
}

/**
 * One page of a list. As in AWS, what the filters leave out counts toward the limit: a page may be short or empty and
 * still carry a token. Undefined when the token is not one of ours for this question.
 */
export function pageOf<T>(all: readonly T[], request: PageRequest, keep: (item: T) => boolean): Page<T> | undefined {
  const seal = sha256(request.question).slice(0, 16)
  const [offset, sealed] = request.token === undefined ? [0, seal] : readToken(request.token)
  if (sealed !== seal || offset === undefined) return undefined
  const end = offset + request.limit
  return {
    items: all.slice(offset, end).filter(keep),
    next: end < all.length ? Buffer.from(`${end}:${seal}`).toString('base64') : undefined,
  }
}

function readToken(token: string): [offset: number | undefined, seal: string] {
  const [, offset, seal = ''] = /^(\d+):([0-9a-f]+)$/.exec(Buffer.from(token, 'base64').toString()) ?? []
  return [offset === undefined ? undefined : Number(offset), seal]
}
