/** Room on disk for bytes that a slow program has not taken yet. */
export interface OverflowPort {
  /** A private file without a name: it is gone when it is closed, or its process has gone. Throws where none can be made. */
  create(): OverflowFile
}

/** Writes and reads at once, for the order of bytes is all that matters here. */
export interface OverflowFile {
  /** Appends all of `bytes`, or throws and appends nothing. */
  append(bytes: Uint8Array): void
  /** Fills all of `target` from this place on. Throws when it cannot. */
  read(target: Uint8Array, at: number): void
  close(): void
}
