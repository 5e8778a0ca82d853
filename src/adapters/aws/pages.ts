import {fail} from '../../core/errors.js'

/** Ten times what the largest accounts have; an endpoint that always has one more page must end some time. */
const MOST_PAGES = 1000

export interface Page<Item> {
  readonly items: readonly Item[] | undefined
  /** Leads to the next page; the last has none (EC2 gives an empty one). */
  readonly next: string | undefined
}

/** All items, by following the token and not the count: a page may be short, or empty, and not the last. */
export async function allPages<Item>(
  action: string,
  fetch: (token: string | undefined) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const all: Item[] = []
  const seen = new Set<string>()
  for (let token: string | undefined; ;) {
    const page: Page<Item> = await fetch(token)
    all.push(...(page.items ?? []))
    token = page.next || undefined
    if (token === undefined) return all
    if (seen.has(token))
      throw fail('AWS_FAILED', `AWS returned the same page of ${action} twice.`, {hint: 'Try again.'})
    if (seen.size === MOST_PAGES) throw fail('AWS_FAILED', `AWS returned more than ${MOST_PAGES} pages of ${action}.`)
    seen.add(token)
  }
}
