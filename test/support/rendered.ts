/**
 * What stands on a terminal after all this was written to it: its lines, without trailing blanks. Knows the few codes
 * that dbtunnel and listr2 use; a screen of endless height, where nothing is broken at the right edge.
 */
export function rendered(text: string): string[] {
  const lines = ['']
  let row = 0
  let column = 0
  // eslint-disable-next-line no-control-regex
  for (const [piece, parameters = '', code] of text.matchAll(/\u001B\[([\d;?]*)([A-Za-z])|[^]/g)) {
    const count = Number(parameters || 1)
    const line = lines[row] ?? ''
    if (code === 'A') row = Math.max(row - count, 0)
    else if (code === 'G') column = count - 1
    else if (code === 'J') lines.splice(row, lines.length, line.slice(0, column))
    else if (code === 'K') lines[row] = parameters === '2' ? '' : line.slice(0, column)
    else if (code !== undefined) continue
    else if (piece === '\r') column = 0
    else if (piece === '\n') lines[++row] ??= ''
    else lines[row] = line.slice(0, column).padEnd(column) + piece + line.slice(++column)
  }
  return lines.map((line) => line.trimEnd())
}
