/** Which managed node may be the bastion. `tagged` is the rule where none is named. */
export type BastionRule =
  | {readonly kind: 'tagged'}
  | {readonly kind: 'any'}
  | {readonly kind: 'instance'; readonly id: string}
  | {readonly kind: 'managed-node'; readonly id: string}
  | {readonly kind: 'tag'; readonly key: string; readonly value: string}

/** What a bastion rule may look like, for error texts. */
export const BASTION_RULES = 'i-…, mi-…, tag:Key=Value, any'

/** Reads `any`, `i-…`, `mi-…` or `tag:Key=Value` (`*` and `?` in the value are EC2's wildcards); undefined for all else. */
export function parseBastionRule(text: string): BastionRule | undefined {
  if (text === 'any') return {kind: 'any'}
  if (/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(text)) return {kind: 'instance', id: text}
  if (/^mi-[0-9a-f]{17}$/.test(text)) return {kind: 'managed-node', id: text}
  const tag = /^tag:([^=]{1,128})=(.{0,256})$/.exec(text)
  return tag?.[1] === undefined || tag[2] === undefined ? undefined : {kind: 'tag', key: tag[1], value: tag[2]}
}
