export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  /** What is shown where the width is short, and whose turn it is then: the lowest number gives way first. */
  readonly short?: (row: Row) => string
  readonly gives?: number
}

const GAP = 2

/**
 * Lines of text, columns two spaces apart, with titles. Without `width` every cell is whole. In a width that they do
 * not fit, columns are shortened one by one; where that is not enough, the cells of the first column that are too long
 * stand on a line of their own, whole, above the rest of their row.
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number | undefined,
): readonly string[] {
  const full = columns.map((column) => [column.title, ...rows.map((row) => column.text(row))])
  if (!width) return lines(full, Infinity)
  const order = columns
    .flatMap(({gives, short}, at) => (gives === undefined || !short ? [] : [{at, gives, short}]))
    .sort((a, b) => a.gives - b.gives)
  const cells = full
  for (const {at, short} of order) {
    if (totalWidth(cells) <= width) break
    cells[at] = [columns[at]?.title ?? '', ...rows.map(short)]
  }
  return lines(cells, width - totalWidth(cells.slice(1)) - GAP)
}

/** `cells` by columns; cells of the first that are longer than `room` get a line of their own. */
function lines(cells: readonly (readonly string[])[], room: number): readonly string[] {
  const [first = [], ...others] = cells
  const fitting = first.filter((cell) => cell.length <= room)
  const widths = [widthOf(fitting), ...others.map(widthOf)]
  return first.flatMap((head, at) => {
    const fits = head.length <= room
    const row = [fits ? head : '', ...others.map((column) => column[at] ?? '')]
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' '.repeat(GAP))
    return fits ? [line.trimEnd()] : [head, line.trimEnd()]
  })
}

function widthOf(column: readonly string[]): number {
  return column.reduce((most, {length}) => Math.max(most, length), 0)
}

function totalWidth(cells: readonly (readonly string[])[]): number {
  return cells.reduce((sum, column) => sum + widthOf(column), GAP * (cells.length - 1))
}
