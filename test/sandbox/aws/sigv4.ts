import {createHash, createHmac} from 'node:crypto'

/** What AWS recomputes a Signature Version 4 from: one request as it was received, and the key's secret. */
export interface SignedParts {
  method: string
  /** As on the request line, percent-encoding included. */
  path: string
  /** Decoded pairs, without X-Amz-Signature. */
  query: readonly (readonly [string, string])[]
  /** The signed headers only, names in lower case. */
  headers: Readonly<Record<string, string>>
  /** SHA-256 of the body in hex, or the literal that the service takes in its place. */
  payloadHash: string
  /** YYYYMMDDTHHMMSSZ */
  amzDate: string
  region: string
  service: string
  secretKey: string
}

/** The signature in hex. Independent of any SDK on purpose: a fault in the SDK's signer must show. */
export function signatureOf(parts: SignedParts): string {
  const day = parts.amzDate.slice(0, 8)
  const scope = `${day}/${parts.region}/${parts.service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', parts.amzDate, scope, sha256(canonicalRequest(parts))].join('\n')
  const key = [day, parts.region, parts.service, 'aws4_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${parts.secretKey}`),
  )
  return createHmac('sha256', key).update(text).digest('hex')
}

export function sha256(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex')
}

function canonicalRequest({method, path, query, headers, payloadHash}: SignedParts): string {
  const names = Object.keys(headers).sort()
  return [
    method,
    // Every service but S3 encodes the path of the request line once more.
    path.split('/').map(encode).join('/') || '/',
    query
      .map(([key, value]) => `${encode(key)}=${encode(value)}`)
      .sort(byKeyThenValue)
      .join('&'),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    payloadHash,
  ].join('\n')
}

function byKeyThenValue(a: string, b: string): number {
  const [left, right] = [a.replace('=', '\0'), b.replace('=', '\0')]
  return left < right ? -1 : left > right ? 1 : 0
}

/** RFC 3986: everything but letters, digits and -._~ as %XX in capitals. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
