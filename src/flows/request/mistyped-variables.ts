import {distance} from 'fastest-levenshtein'
import type {Say} from '../../core/run.js'
import {SETTINGS} from '../../settings/all-settings.js'
import {variableName, variableOf} from '../../settings/setting.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Says of each variable that would count for nothing, and looks like one that counts: a letter is wrong, or it is called
 * like a flag that has no variable. All other names are left alone: those that dbtunnel gives to programs (DBTUNNEL_URL),
 * and those that people use in their own scripts.
 */
export function tellMistypedVariables({
  env,
  say,
}: {
  readonly env: Environment
  readonly say: Pick<Say, 'notice'>
}): void {
  const variables = SETTINGS.flatMap((one) => variableOf(one) ?? [])
  const flags = SETTINGS.flatMap(({flag, offFlag}) => [flag, offFlag?.name].filter((name) => name !== undefined))
  for (const name of Object.keys(env)) {
    if (!name.startsWith('DBTUNNEL_') || variables.includes(name)) continue
    const flag = flags.find((one) => variableName(one) === name)
    const meant = flag === undefined ? nearest(name, variables) : `the flag --${flag}`
    if (meant !== undefined) say.notice(`${name} is not a setting of dbtunnel. Did you mean ${meant}?`)
  }
}

/** Of the names that may have been meant the likeliest. In a short one more than one wrong letter makes another word. */
function nearest(name: string, variables: readonly string[]): string | undefined {
  const word = name.replace('DBTUNNEL_', '')
  const limit = Math.max(1, Math.floor(word.length / 4))
  const close = variables.map((variable) => ({variable, edits: distance(name, variable)}))
  return close.filter(({edits}) => edits <= limit).sort((a, b) => a.edits - b.edits)[0]?.variable
}
