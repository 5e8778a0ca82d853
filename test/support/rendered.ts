import xterm from '@xterm/headless'

/** A terminal of this width to which all this was written: every cell with its colours, and the cursor. */
export async function emulated(text: string, columns: number): Promise<xterm.IBuffer> {
  const terminal = new xterm.Terminal({cols: columns, allowProposedApi: true, convertEol: true})
  await new Promise<void>((resolve) => terminal.write(text, resolve))
  return terminal.buffer.active
}

/** The lines that stand on it, without trailing blanks; one that is broken at the right edge is still one. */
export async function rendered(text: string, columns = 80): Promise<string[]> {
  const screen = await emulated(text, columns)
  const lines: string[] = []
  let line = ''
  for (let row = 0; row <= screen.baseY + screen.cursorY; row++) {
    const isBroken = screen.getLine(row + 1)?.isWrapped ?? false
    line += screen.getLine(row)?.translateToString() ?? ''
    if (isBroken) continue
    lines.push(line.trimEnd())
    line = ''
  }
  return lines
}
