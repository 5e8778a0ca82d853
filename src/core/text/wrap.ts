/**
 * Breaks prose between its words, so that no line is longer than `columns`; a longer word keeps a line of its own,
 * and an indented line, a command to be copied, stays whole.
 * Unchanged without `columns` (or 0, which terminals give that do not know their width): readers of a file break lines as they like.
 */
export function wrap(text: string, columns: number | undefined): string {
  if (!columns) return text
  return text
    .split('\n')
    .map((line) => (line.startsWith(' ') ? line : foldLine(line, columns)))
    .join('\n')
}

function foldLine(line: string, columns: number): string {
  const [first = '', ...words] = line.split(' ')
  let length = first.length
  return words.reduce((folded, word) => {
    const fits = length + 1 + word.length <= columns
    length = fits ? length + 1 + word.length : word.length
    return `${folded}${fits ? ' ' : '\n'}${word}`
  }, first)
}
