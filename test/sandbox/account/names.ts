import {createHash} from 'node:crypto'

export const REGION = 'eu-west-1'

/** A stable id that looks random, such as `i-0f3a…`: the same from run to run. */
export function idOf(prefix: string, name: string, length = 17): string {
  return prefix + createHash('sha256').update(`${prefix}${name}`).digest('hex').slice(0, length)
}

/** The same in capitals and digits, such as `AROA…`. */
export function capitalsOf(prefix: string, name: string, length: number): string {
  const digest = createHash('sha256').update(`${prefix}${name}`).digest().subarray(0, length)
  return prefix + Array.from(digest, (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('')
}

/** `db-…` and `cluster-…` */
export function resourceIdOf(kind: 'db' | 'cluster', name: string): string {
  return capitalsOf(`${kind}-`, name, 26)
}

/** Endpoint names of one account: every account has a word of its own in them. */
export function endpointNames(word: string): {
  instance(id: string): string
  cluster(id: string, kind: 'cluster' | 'cluster-ro' | 'cluster-custom'): string
  global(id: string): string
} {
  const domain = `${REGION}.rds.amazonaws.com`
  return {
    instance: (id) => `${id}.${word}.${domain}`,
    cluster: (id, kind) => `${id}.${kind}-${word}.${domain}`,
    global: (id) => `${id}.global-${word}.global.rds.amazonaws.com`,
  }
}
