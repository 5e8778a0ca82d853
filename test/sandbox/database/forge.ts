import {createHash, createHmac} from 'node:crypto'

/** All that goes into a token; each test bends one thing. Signed truly, whatever it says. */
export interface Draft {
  host: string
  port: number | string
  accessKeyId: string
  secretKey: string
  sessionToken?: string | undefined
  region: string
  service: string
  /** Milliseconds since 1970. */
  signedAt: number
  /** Instead of the day of `signedAt` in the credential scope. */
  day?: string
  /** Query parameters to add or, when undefined, to leave out. */
  fields: Record<string, string | undefined>
}

/** Builds an RDS IAM token by hand, with neither an SDK nor the sandbox's own signature code. */
export function forge(draft: Draft): string {
  const amzDate = new Date(draft.signedAt).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = draft.day ?? amzDate.slice(0, 8)
  const scope = [day, draft.region, draft.service, 'aws4_request']
  const fields: Record<string, string | undefined> = {
    Action: 'connect',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': [draft.accessKeyId, ...scope].join('/'),
    'X-Amz-Date': amzDate,
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': draft.sessionToken,
    'X-Amz-SignedHeaders': 'host',
    ...draft.fields,
  }
  const query = Object.entries(fields)
    .flatMap(([name, value]) => (value === undefined ? [] : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`))
    .sort()
    .join('&')
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const request = ['GET', '/', query, `host:${draft.host}:${draft.port}`, '', 'host', hash('')].join('\n')
  let key = Buffer.from(`AWS4${draft.secretKey}`)
  for (const part of scope) key = createHmac('sha256', key).update(part).digest()
  const text = ['AWS4-HMAC-SHA256', amzDate, scope.join('/'), hash(request)].join('\n')
  const signature = createHmac('sha256', key).update(text).digest('hex')
  return `${draft.host}:${draft.port}/?${query}&X-Amz-Signature=${signature}`
}
