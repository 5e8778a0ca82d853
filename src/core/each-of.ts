/** Works on `items` in their order, `width` at a time. Rejects with the first that rejects; no further one is started then. */
export async function eachOf<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) await work(item, index)
  }
  await Promise.all(Array.from({length: Math.min(width, items.length)}, worker))
}
