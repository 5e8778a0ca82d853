/**
 * Small texts that are kept from run to run to save time, and nothing else hangs on them: what cannot be read, written
 * or trusted is simply not there. No method ever rejects; `--debug` says why there is nothing.
 */
export interface CachePort {
  /** The text that was last written under this key, by this user and nobody else. */
  read(key: string): Promise<string | undefined>
  write(key: string, text: string): Promise<void>
  remove(key: string): Promise<void>
}
