import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type CommonFault, type Service} from './fault.js'
import {type Bent, type Plane, sendRaw, startPlane} from './fixture.js'

const SERVICES: readonly Service[] = ['sts', 'rds', 'ec2', 'ssm']
const MINUTE = 60_000

/** What each service calls it, spelled out here once more on purpose. */
const CODES: Readonly<Partial<Record<CommonFault, Readonly<Record<Service, readonly [number, string]>>>>> = {
  'missing-token': {
    sts: [403, 'MissingAuthenticationToken'],
    rds: [403, 'MissingAuthenticationToken'],
    ec2: [401, 'AuthFailure'],
    ssm: [400, 'MissingAuthenticationTokenException'],
  },
  'incomplete-signature': {
    sts: [403, 'IncompleteSignature'],
    rds: [403, 'IncompleteSignature'],
    ec2: [401, 'AuthFailure'],
    ssm: [400, 'IncompleteSignatureException'],
  },
  'unknown-key': {
    sts: [403, 'InvalidClientTokenId'],
    rds: [403, 'InvalidClientTokenId'],
    ec2: [401, 'AuthFailure'],
    ssm: [400, 'UnrecognizedClientException'],
  },
  expired: {
    sts: [403, 'ExpiredToken'],
    rds: [403, 'ExpiredToken'],
    ec2: [400, 'RequestExpired'],
    ssm: [400, 'ExpiredTokenException'],
  },
  'wrong-signature': {
    sts: [403, 'SignatureDoesNotMatch'],
    rds: [403, 'SignatureDoesNotMatch'],
    ec2: [401, 'AuthFailure'],
    ssm: [400, 'InvalidSignatureException'],
  },
}

const yesterday = new Date(Date.now() - 24 * 60 * MINUTE).toISOString().slice(0, 10).replaceAll('-', '')

const FORGERIES: readonly (readonly [what: string, kind: CommonFault, bent: Bent])[] = [
  ['no Authorization header', 'missing-token', {tamper: ({headers}) => delete headers['authorization']}],
  [
    'half an Authorization header',
    'incomplete-signature',
    {tamper: ({headers}) => (headers['authorization'] = String(headers['authorization']).split(', S')[0] ?? '')},
  ],
  ['a malformed date', 'incomplete-signature', {tamper: ({headers}) => (headers['x-amz-date'] = 'yesterday')}],
  ['an unknown access key', 'unknown-key', {accessKeyId: 'ASIAUNKNOWNUNKNOWN00'}],
  ['temporary keys without their session token', 'unknown-key', {sessionToken: null}],
  ['temporary keys with another session token', 'unknown-key', {sessionToken: 'IQoJb3JpZ2luX2VjFORGED'}],
  ['lasting keys with a session token', 'unknown-key', {identity: 'bob', sessionToken: 'IQoJb3JpZ2luX2VjFORGED'}],
  ['expired keys', 'expired', {identity: 'expired'}],
  ['a wrong secret', 'wrong-signature', {secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'}],
  ['an altered body', 'wrong-signature', {tamper: (sent) => (sent.body = sent.body.replace(/[&}]/, ' $&'))}],
  ['an altered query string', 'wrong-signature', {tamper: (sent) => (sent.path = '/?added=1')}],
  ['an altered path', 'wrong-signature', {tamper: (sent) => (sent.path = '/other')}],
  [
    'an altered signed header',
    'wrong-signature',
    {headers: {'x-amz-note': 'one'}, tamper: ({headers}) => (headers['x-amz-note'] = 'two')},
  ],
  ['an unsigned host', 'wrong-signature', {unsigned: ['host']}],
  ['an unsigned date', 'wrong-signature', {unsigned: ['x-amz-date']}],
  ['an unsigned session token', 'wrong-signature', {unsigned: ['x-amz-security-token']}],
  ['an unsigned header of AWS', 'wrong-signature', {headers: {'x-amz-note': 'one'}, unsigned: ['x-amz-note']}],
  ['a request signed for another host', 'wrong-signature', {host: 'ssm.us-east-1.amazonaws.com'}],
  ['a date of six minutes ago', 'wrong-signature', {signedAt: -6 * MINUTE}],
  ['a date in six minutes', 'wrong-signature', {signedAt: 6 * MINUTE}],
  ['a scope of another day', 'wrong-signature', {scopeDay: yesterday}],
  ["another region's scope", 'wrong-signature', {region: 'us-east-1'}],
  ["another service's scope", 'wrong-signature', {scopeService: 's3'}],
  ['another ending of the scope', 'wrong-signature', {ending: 'aws5_request'}],
]

describe('signed requests', () => {
  let plane: Plane
  beforeAll(async () => {
    plane = await startPlane()
  })
  afterAll(() => plane.aws.close())

  it.each(SERVICES)('%s: a true one gets its answer, of temporary and of lasting keys', async (service) => {
    expect(await sendRaw(plane, service)).toMatchObject({status: 200, code: undefined})
    expect(await sendRaw(plane, service, {identity: 'bob'})).toMatchObject({status: 200, code: undefined})
    expect(await sendRaw(plane, service, {signedAt: -4 * MINUTE})).toMatchObject({status: 200})
    expect(await sendRaw(plane, service, {signedAt: 4 * MINUTE})).toMatchObject({status: 200})
  })

  describe.each(SERVICES)('%s', (service) => {
    it.each(FORGERIES)('refuses %s', async (_, kind, bent) => {
      const [status, code] = CODES[kind]?.[service] ?? []
      const answer = await sendRaw(plane, service, bent)
      expect({status: answer.status, code: answer.code}).toEqual({status, code})
    })

    it('refuses a signature that differs in one digit', async () => {
      const [status, code] = CODES['wrong-signature']?.[service] ?? []
      const answer = await sendRaw(plane, service, {
        tamper({headers}) {
          headers['authorization'] = String(headers['authorization']).replace(/.$/, (digit) =>
            digit === '0' ? '1' : '0',
          )
        },
      })
      expect({status: answer.status, code: answer.code}).toEqual({status, code})
    })

    it('knows no other action', async () => {
      const code = service === 'ssm' ? 'UnknownOperationException' : 'InvalidAction'
      expect(await sendRaw(plane, service, {action: 'DeleteEverything'})).toMatchObject({status: 400, code})
    })
  })

  it('tells nothing to a stranger: authentication comes before the action', async () => {
    const bent = {action: 'DeleteEverything', secretKey: 'wrong'}
    expect(await sendRaw(plane, 'rds', bent)).toMatchObject({code: 'SignatureDoesNotMatch'})
  })

  it('says why, as AWS words it', async () => {
    const signature = await sendRaw(plane, 'sts', {signedAt: -6 * MINUTE})
    expect(signature.body).toMatch(/Signature expired: \d{8}T\d{6}Z is now earlier than .* - 5 min\.\)/)
    const region = await sendRaw(plane, 'rds', {region: 'us-east-1'})
    expect(region.body).toContain('Credential should be scoped to a valid region.')
    const hidden = await sendRaw(plane, 'ec2', {secretKey: 'wrong'})
    expect(hidden.body).toContain('AWS was not able to validate the provided access credentials')
    expect(hidden.body).not.toContain('signature')
  })
})
