/** An error as AWS answers it. */
export class AwsFault extends Error {
  override readonly name = 'AwsFault'
  readonly code: string
  readonly status: number
  /** Whether it is the service's own fault: `Receiver` in the query protocol. */
  readonly ours: boolean

  constructor(code: string, message: string, status = 400, ours = status >= 500) {
    super(message)
    this.code = code
    this.status = status
    this.ours = ours
  }
}

export type Service = 'sts' | 'rds' | 'ec2' | 'ssm'

/** What can go wrong in every service, each of which has a word of its own for it. */
export type CommonFault =
  | 'missing-token'
  | 'incomplete-signature'
  | 'unknown-key'
  | 'expired'
  | 'wrong-signature'
  | 'denied'
  | 'throttled'
  | 'internal'
  | 'unknown-action'

type Words = Readonly<Record<CommonFault, readonly [code: string, status: number]>>

const QUERY: Words = {
  'missing-token': ['MissingAuthenticationToken', 403],
  'incomplete-signature': ['IncompleteSignature', 403],
  'unknown-key': ['InvalidClientTokenId', 403],
  expired: ['ExpiredToken', 403],
  'wrong-signature': ['SignatureDoesNotMatch', 403],
  denied: ['AccessDenied', 403],
  throttled: ['Throttling', 400],
  internal: ['InternalFailure', 500],
  'unknown-action': ['InvalidAction', 400],
}

const WORDS: Readonly<Record<Service, Words>> = {
  sts: QUERY,
  rds: QUERY,
  ec2: {
    ...QUERY,
    'missing-token': ['AuthFailure', 401],
    'incomplete-signature': ['AuthFailure', 401],
    'unknown-key': ['AuthFailure', 401],
    expired: ['RequestExpired', 400],
    'wrong-signature': ['AuthFailure', 401],
    denied: ['UnauthorizedOperation', 403],
    throttled: ['RequestLimitExceeded', 503],
    internal: ['InternalError', 500],
  },
  ssm: {
    'missing-token': ['MissingAuthenticationTokenException', 400],
    'incomplete-signature': ['IncompleteSignatureException', 400],
    'unknown-key': ['UnrecognizedClientException', 400],
    expired: ['ExpiredTokenException', 400],
    'wrong-signature': ['InvalidSignatureException', 400],
    denied: ['AccessDeniedException', 400],
    throttled: ['ThrottlingException', 400],
    internal: ['InternalServerError', 500],
    'unknown-action': ['UnknownOperationException', 400],
  },
}

const MESSAGES: Readonly<Partial<Record<CommonFault, string>>> = {
  'missing-token': 'Request is missing Authentication Token',
  'unknown-key': 'The security token included in the request is invalid.',
  expired: 'The security token included in the request is expired',
  'wrong-signature':
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access ' +
    'Key and signing method. Consult the service documentation for details.',
  throttled: 'Rate exceeded',
  internal: 'An internal error has occurred. Please retry your request.',
}

/** The fault in the service's own words. EC2 gives no reason for any failure of authentication. */
export function commonFault(service: Service, kind: CommonFault, message = MESSAGES[kind] ?? ''): AwsFault {
  const [code, status] = WORDS[service][kind]
  if (code === 'AuthFailure') {
    return new AwsFault(code, 'AWS was not able to validate the provided access credentials', status)
  }
  if (code === 'RequestExpired') return new AwsFault(code, 'Request has expired.', status)
  if (code === 'RequestLimitExceeded') return new AwsFault(code, 'Request limit exceeded.', status)
  return new AwsFault(code, message, status)
}
