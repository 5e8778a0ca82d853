/**
 * Characters that no line for a shell may hold: a terminal obeys some of them before the shell has read a word, a line feed
 * ends the line, and those that turn the direction of writing show another line than the one that is pasted. A lone
 * surrogate has no UTF-8.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u

/** A terminal that gathers whole lines (Linux: of 4095 bytes) drops what is beyond that, such as the closing quote. */
export const LONGEST_LINE_BYTES = 4000

/** No shell does anything with these. `=` at a beginning is a path to zsh (`=cmd`), and `%self` is a number to fish. */
const BARE = /^(?:[\w@+:,./-]|(?<=\w)=)+$/

/** In quotes of its own: old bashes take `\\'` for the end of a quote, and then look for `!`. */
const BACKSLASH = String.raw`"\\"`

/** Stand where something cannot be pasted. Each is one word, and names nothing. */
const UNPRINTABLE_WORD = "'<a word with control characters>'"
const TOO_LONG = "'<a command too long to be shown>'"

/**
 * A command to be pasted: bash, zsh, dash and fish read it back as these very words, on a terminal, too. A word that cannot
 * be pasted is replaced by one that names nothing.
 */
export function shellLine(words: readonly string[]): string {
  const line = words.map((word) => (isPasteable(word) ? quote(word) : UNPRINTABLE_WORD)).join(' ')
  return Buffer.byteLength(line) > LONGEST_LINE_BYTES ? TOO_LONG : line
}

/** Among other words of a line that people read. */
const LONGEST_NAME = 200

/** A name from outside, as it would have to be typed; what a terminal would obey is a `?`. One that is too long is cut. */
export function shownName(name: string, longest = LONGEST_NAME): string {
  const clean = name.replaceAll(new RegExp(UNPRINTABLE, 'gu'), '?')
  const cut = clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean
  return BARE.test(clean.replaceAll('…', '')) ? cut : quote(cut)
}

/** Whether a line that is pasted can hold the word. */
export function isPasteable(word: string): boolean {
  return !UNPRINTABLE.test(word)
}

/** One word. Fish knows escapes within single quotes: `'` and `\` stand outside of them, and so do all that match `apart`. */
export function quote(word: string, apart = /['\\]/): string {
  if (BARE.test(word)) return word
  const [, name = '', value = word] = /^([\w-]+=)(.*)$/s.exec(word) ?? []
  const runs = value.split(new RegExp(`(${apart.source})`)).filter((run) => run !== '')
  const quoted = runs.map((run) => {
    if (run === '\\') return BACKSLASH
    return apart.test(run) ? `\\${run}` : `'${run}'`
  })
  return name + (quoted.join('') || "''")
}
