/** At most so long: what is longer ends in an ellipsis. */
export function clip(word: string, length: number): string {
  return word.length > length ? `${word.slice(0, length - 1)}…` : word
}

/** The most that an error shows of a foreign text: enough to find it, and no file as a whole. */
const SHOWN = 80

/** A foreign text in an error: in quotes, on one line, without control characters, and no more than its beginning. */
export function quoted(text: string): string {
  return JSON.stringify(clip(text, SHOWN))
}
