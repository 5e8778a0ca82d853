import {allConfigured} from '../../settings/config-file/layers.js'
import {namedTargets} from '../../settings/config-file/match-targets.js'
import type {ConfigFiles} from '../../core/ports/config-files.js'
import {loadConfig} from './load-config.js'

/** What words of the command line stand for. */
export interface Selection {
  readonly targets: readonly string[]
  /** Whether one of them may stand for several, however many that are today. */
  readonly isOpen: boolean
}

/**
 * Patterns (`prod-*`) and groups as the names of the config files that they mean; all other words as they are. Rejects
 * with TARGET_UNKNOWN where a pattern means nothing, or as `loadConfig` does.
 */
export async function selectTargets(words: readonly string[], configFiles: ConfigFiles): Promise<Selection> {
  const config = await loadConfig(configFiles)
  const names = new Set(allConfigured(config).map(({name}) => name.toLowerCase()))
  const isGroup = (word: string): boolean => !names.has(word) && config.some(({groups}) => groups.has(word))
  const isOpen = (word: string): boolean => /[*?]/.test(word) || isGroup(word.toLowerCase())
  const targets = words.flatMap((word) => (isOpen(word) ? namedTargets(config, word) : [word]))
  return {targets: [...new Set(targets)], isOpen: words.some(isOpen)}
}
