/** A text of several lines, such as an error's message, as part of a sentence. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
