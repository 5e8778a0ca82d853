// The part of hostile 1.4 that we call; it ships no types.
declare module 'hostile' {
  export const HOSTS: string
  /** The map lines, as address and names; several names are one string, as written. */
  export function getFile(
    path: string,
    preserveFormatting: false,
    callback: (error: Error | null, lines: readonly (readonly [address: string, names: string])[]) => void,
  ): void
}
