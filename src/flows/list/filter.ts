import {matches} from '../../settings/config-file/match-targets.js'
import {fail} from '../../core/errors.js'
import type {Tags} from '../../core/results/database-listing.js'

export interface ListFilter {
  /** Of a target's own name, or one of the config files: `prod-*`. Without a `*` or `?`: a part of such a name. */
  readonly pattern?: string | undefined
  /** `Key=Value`, or `Key` with whatever value; all of them. */
  readonly tags?: readonly string[] | undefined
}

interface Row {
  readonly target: string
  readonly names?: readonly string[]
  readonly tags: Tags
}

/** Tells of a row whether it is meant. Rejects with VALUE_INVALID for a tag without a key. */
export function readFilter({pattern = '*', tags = []}: ListFilter): (row: Row) => boolean {
  const isNamed = matches(/[*?]/.test(pattern) ? pattern : `*${pattern}*`)
  const wanted = tags.map((text): readonly [string, string | undefined] => {
    const [key = '', ...value] = text.split('=')
    if (key === '') throw fail('VALUE_INVALID', `--tag: ${JSON.stringify(text)} is not Key=Value.`)
    return [key, value.length === 0 ? undefined : value.join('=')]
  })
  const isTagged = (row: Row): boolean =>
    wanted.every(([key, value]) => Object.hasOwn(row.tags, key) && (value === undefined || row.tags[key] === value))
  return (row) => [row.target, ...(row.names ?? [])].some(isNamed) && isTagged(row)
}
