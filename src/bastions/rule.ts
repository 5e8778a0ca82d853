import type {BastionRule} from './kind.js'
import {kinds} from './kinds.js'

export type {BastionRule} from './kind.js'

/** What a bastion rule may look like, for help and errors: `any`, `i-…`, … */
export const RULE_FORMS: readonly string[] = kinds.flatMap(({form}) => form ?? [])

/** Reads a rule of any kind; undefined for all else. */
export function parseBastionRule(text: string): BastionRule | undefined {
  for (const kind of kinds) {
    const rule = kind.parse?.(text)
    if (rule) return rule
  }
  return undefined
}

/** The rule where none is given: of the one kind that has no form. */
export const DEFAULT_RULE: BastionRule = {kind: kinds.find(({form}) => form === undefined)?.id ?? ''}
