/**
 * Waits for all of them, so that the failure of one leaves no other running
 * unseen; the first in the list that failed is the one that counts.
 */
export async function together<const T extends readonly unknown[]>(
  work: T,
): Promise<{-readonly [K in keyof T]: Awaited<T[K]>}> {
  const results = await Promise.allSettled(work)
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as never
}
