/** Works on `items` in their order, `width` at a time. When one fails, no more are started, and it rejects with that failure. */
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
