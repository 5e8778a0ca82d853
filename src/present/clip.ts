/** At most so long: what is longer ends in an ellipsis. */
export function clip(word: string, length: number): string {
  return word.length > length ? `${word.slice(0, length - 1)}…` : word
}
