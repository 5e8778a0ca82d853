/**
 * A foreign name, fit to stand in a line on a terminal: control characters, and those that turn the direction of
 * writing, become `?`.
 */
export function printable(name: string): string {
  return name.replace(/(?!\t)[\p{Cc}\p{Bidi_Control}]/gu, '?')
}

/**
 * A foreign name amid a sentence: what any shell would act on is a `?`, too. People paste more than the commands that they
 * are shown, and quotes around the name would be no help: a sentence has apostrophes of its own.
 */
export function harmless(name: string): string {
  return name.replace(/[^\p{L}\p{M}\p{N}\p{So} _.,:/@+=#-]/gu, '?')
}

/** As `printable`, for a whole text of ours: its line feeds stay. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
