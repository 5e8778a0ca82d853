/**
 * A foreign name, fit to stand in a line on a terminal: control characters, and those that turn the direction of
 * writing, become `?`.
 */
export function printable(name: string): string {
  return name.replace(/(?!\t)[\p{Cc}\p{Bidi_Control}]/gu, '?')
}

/** The same for a whole text of ours: its line feeds stay. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
