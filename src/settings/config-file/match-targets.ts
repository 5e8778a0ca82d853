import {distance} from 'fastest-levenshtein'
import {closestNames} from '../../core/text/closest-names.js'
import {fail} from '../../core/errors.js'
import {allConfigured, type Config} from './layers.js'
import {shellLine, shownName} from '../../core/text/shell-line.js'

/**
 * The names of the configured targets that a group, a pattern (`prod-*`) or a name means, each once, in order. Rejects with
 * TARGET_UNKNOWN where there is none.
 */
export function namedTargets(config: Config, word: string): readonly string[] {
  const names = allConfigured(config).map(({name}) => name)
  const group = config.flatMap(({groups}) => groups.get(word.toLowerCase()) ?? [])
  const isTarget = names.some((name) => name.toLowerCase() === word.toLowerCase())
  const members = group.length > 0 && !isTarget ? group : [word]
  return [...new Set(members.flatMap((member) => matching(names, member)))]
}

function matching(names: readonly string[], pattern: string): readonly string[] {
  const found = names.filter(matches(pattern))
  if (found.length > 0) return found
  const close = closestNames(pattern, names, distance)
  const some = names.slice(0, 8).map((name) => shownName(name))
  const hint =
    close.length > 0
      ? `Did you mean ${close.map((name) => shownName(name)).join(' or ')}?`
      : names.length > 0
        ? `Known targets: ${some.join(', ')}${names.length > 8 ? ', …' : ''}`
        : `There is no config file with targets. For those of RDS: ${shellLine(['dbtunnel', 'list', pattern])}`
  throw fail('TARGET_UNKNOWN', `No target in the config files matches ${pattern}.`, {hint})
}

/** Whether a name is meant by a pattern, in which `*` and `?` stand for what they do in a shell. Capitals do not count. */
export function matches(pattern: string): (name: string) => boolean {
  const [first = '', ...others] = pattern.toLowerCase().split('*')
  const last = others.pop()
  return (name) => {
    const text = name.toLowerCase()
    if (last === undefined) return text.length === first.length && fits(first, text, 0)
    if (text.length < first.length + last.length) return false
    if (!fits(first, text, 0) || !fits(last, text, text.length - last.length)) return false
    // Each part where it first fits: no pattern takes long.
    let from = first.length
    for (const part of others) {
      while (from + part.length <= text.length - last.length && !fits(part, text, from)) from++
      from += part.length
      if (from > text.length - last.length) return false
    }
    return true
  }
}

function fits(part: string, text: string, at: number): boolean {
  return [...part].every((char, index) => char === '?' || char === text[at + index])
}
