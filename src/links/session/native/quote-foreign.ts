import {redact} from '../../../core/text/redact.js'

const MOST = 300

/** A foreign text as part of a message of ours: one line, no control characters, no secrets, not endless. */
export function foreignWords(text: string): string {
  return redact(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MOST)
}
