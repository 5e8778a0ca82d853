import {isDatabaseIdentifier} from '../core/grammars.js'
import {isRegionOf} from '../core/partitions.js'

/** What the ARN of an instance or a cluster says. */
export interface DatabaseArn {
  readonly of: 'instance' | 'cluster'
  readonly id: string
  readonly region: string
  /** Twelve digits. */
  readonly account: string
}

const KINDS = {db: 'instance', cluster: 'cluster'} as const

/** Reads `arn:PARTITION:rds:REGION:ACCOUNT:db:ID` and `…:cluster:ID`, in lower case; undefined for any other text. */
export function parseDatabaseArn(text: string): DatabaseArn | undefined {
  const found = /^arn:([a-z-]+):rds:([a-z0-9-]+):(\d{12}):(db|cluster):([^:]+)$/.exec(text)
  if (!found) return undefined
  const [, partition = '', region = '', account = '', kind = 'db', id = ''] = found
  if (!isRegionOf(region, partition) || !isDatabaseIdentifier(id)) return undefined
  return {of: KINDS[kind as keyof typeof KINDS], id, region, account}
}

/** The account in an ARN of any kind; undefined where it holds none. */
export function accountOf(arn: string | undefined): string | undefined {
  return /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(arn ?? '')?.[1]
}
