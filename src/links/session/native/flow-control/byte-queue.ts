/** Bytes in the order in which they came, without copying them on the way in. */
export class ByteQueue {
  #chunks: Buffer[] = []
  /** Of the first chunk, how much is taken already. */
  #taken = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** Moves as much as fits into `target`; returns how many bytes. */
  read(target: Buffer): number {
    let written = 0
    while (written < target.length && this.#length > 0) {
      const chunk = this.#chunks[0]!
      const copied = chunk.copy(target, written, this.#taken)
      written += copied
      this.#taken += copied
      this.#length -= copied
      if (this.#taken === chunk.length) this.#drop()
    }
    return written
  }

  /** Takes out the first chunk as it came. */
  shift(): Buffer | undefined {
    const chunk = this.#chunks[0]?.subarray(this.#taken)
    if (!chunk) return undefined
    this.#length -= chunk.length
    this.#drop()
    return chunk
  }

  clear(): void {
    this.#chunks = []
    this.#taken = 0
    this.#length = 0
  }

  #drop(): void {
    this.#chunks.shift()
    this.#taken = 0
  }
}
