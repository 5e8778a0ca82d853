import {promisify} from 'node:util'

/** hostile's patterns need time in the square of a line's length. */
const LONGEST_PLAIN_LINE = 1000
const LARGEST_PLAIN_FILE = 65_536

/** The part of hostile 1.4 that we call. It truncates before it writes, so it is only let read. */
interface Hostile {
  readonly HOSTS: string
  /** Map lines as address and names; several names are one string, as written. */
  readonly getFile: (
    path: string,
    preserveFormatting: false,
    callback: (error: Error | null, lines: readonly (readonly [address: string, names: string])[]) => void,
  ) => void
}

/** Where this platform keeps its hosts file. */
export async function hostsFilePath(): Promise<string> {
  return (await hostile()).HOSTS
}

/** The addresses of `name` (lower case) in a file that `isPlain`. */
export async function readAddresses(path: string, name: string): Promise<readonly string[]> {
  const lines = await promisify((await hostile()).getFile)(path, false)
  return lines.flatMap(([address, names]) => (names.toLowerCase().split(/\s+/).includes(name) ? [address] : []))
}

/** Text that hostile reads as the C library does: it takes UTF-8 for granted, and ends a line at more than a line feed. */
export function isPlain(content: Buffer): boolean {
  if (content.length > LARGEST_PLAIN_FILE) return false
  const lines = content.toString('latin1').split('\n')
  return lines.every((line) => line.length <= LONGEST_PLAIN_LINE && /^[\t -~]*\r?$/.test(line))
}

/** Loaded when asked for: it brings some forty files along. */
async function hostile(): Promise<Hostile> {
  // @ts-expect-error It ships no types.
  return (await import('hostile')) as Hostile
}
