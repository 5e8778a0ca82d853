/**
 * The names that someone may have meant by `wanted`, likeliest first: few edits
 * away, or holding it as a part. `distance` counts edits (fastest-levenshtein).
 */
export function closestNames(
  wanted: string,
  names: readonly string[],
  distance: (a: string, b: string) => number,
  limit = 3,
): readonly string[] {
  const word = wanted.toLowerCase()
  const farthest = Math.max(2, Math.floor(word.length / 3))
  return names
    .map((name) => {
      const other = name.toLowerCase()
      const part = word.length > 2 && other.length > 2 && (other.includes(word) || word.includes(other))
      return {name, edits: distance(word, other), part}
    })
    .filter(({edits, part}) => part || edits <= farthest)
    .sort((a, b) => a.edits - b.edits || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({name}) => name)
}
