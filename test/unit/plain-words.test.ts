import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {ROOT} from '../support/dbtunnel.js'

/** Words that are hard to read, and what to write in their place. */
const ODD: readonly (readonly [odd: RegExp, plain: string])[] = [
  [/\bwhoever\b/i, 'a person who, anyone who, a program that'],
  [/\bnobody's\b/i, 'of no user, not …'],
  [/\blikewise\b/i, 'too, also'],
  [/\bas above\b/i, 'say it again, or name it'],
  [/\bin vain\b/i, 'without success'],
  [/\bof late\b/i, 'recently'],
  [/\bsuch that\b/i, 'so that'],
  [/\bso that none\b/i, 'so that no … '],
  [/\blacks?\b/i, 'does not have, is missing'],
  [/\ball the same\b/i, 'anyway, still'],
  [/\b(is|are|was|were) to be\b/i, 'must be, will be, should be'],
  [/\bfor its own\b/i, 'as its own'],
  [/\bof no (effect|use)\b/i, 'no effect, does not help'],
  [/\btold already\b/i, 'already said'],
  [/(?<!\bthere )\b(is|are) none\b/i, 'is not one, is not valid'],
  [/\ball are well\b/i, 'all … succeeded'],
  [/\bnot well:/i, '… of … failed'],
  [/\bno further one once one\b/i, 'stop after the first failure'],
  [/\bwhat lacks\b|\bsay no more\b/i, 'what is missing'],
  [/\b(thereof|hereby|hitherto|albeit|lest|wherein|whence|thither)\b/i, 'the usual word'],
]

function textsOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), {recursive: true, encoding: 'utf8'})
    .filter((name) => /\.(ts|js|mjs|mts|md)$/.test(name))
    .map((name) => join(folder, name))
}

const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md']

/** Without line breaks, also those of comments: a phrase may go on in the next line. */
function inOneLine(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8').replaceAll(/\s*\n\s*((\/\/|\*)(?!\/)\s*)?/g, ' ')
}

describe('plain English in code, comments, messages and docs', () => {
  const files = [...['src', 'bin', 'docs'].flatMap(textsOf), ...PAGES].map((file) => ({file, text: inOneLine(file)}))

  it.each(ODD.map(([odd, plain]) => ({odd, plain})))('$odd is nowhere: write $plain', ({odd}) => {
    const around = new RegExp(`.{0,60}${odd.source}.{0,30}`, 'gi')
    expect(files.flatMap(({file, text}) => (text.match(around) ?? []).map((found) => `${file}: …${found}…`))).toEqual(
      [],
    )
  })
})
