/** Further lines would add nothing. */
const MOST_LINES = 10

/** The first ten, and how many there are besides. */
export function fewLines(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_LINES) return lines
  return [...lines.slice(0, MOST_LINES), `… and ${lines.length - MOST_LINES} more`]
}
