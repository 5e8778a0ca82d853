import {describe, expect, it, vi} from 'vitest'
import {translateError} from '../../../../src/adapters/aws/translate-error.js'
import type {CredentialSource} from '../../../../src/adapters/aws/profile.js'
import {type DbtunnelError, fail} from '../../../../src/core/errors.js'

const keys: CredentialSource = {kind: 'environment', profile: 'default', asksForMfa: false, profiles: []}
const sso: CredentialSource = {
  kind: 'profile',
  profile: 'prod',
  renewal: ['aws', 'sso', 'login', '--profile', 'prod'],
  asksForMfa: false,
  profiles: ['prod'],
}
const plain: CredentialSource = {kind: 'profile', profile: 'default', asksForMfa: false, profiles: ['dev', 'prod']}

function translate(name: string, more: object = {}, source = keys, action = 'ssm:StartSession'): DbtunnelError {
  const error = Object.assign(new Error('from AWS'), {name, ...more})
  return translateError(error, {
    action,
    region: 'eu-west-1',
    host: 'ssm.eu-west-1.amazonaws.com',
    source,
  }) as DbtunnelError
}

/** An answer that AWS gave when its clock was `minutes` ahead. */
const answered = (minutes = 0, status = 400) => ({
  $fault: 'client',
  $metadata: {httpStatusCode: status},
  $response: {headers: {date: new Date(Date.now() + minutes * 60_000).toUTCString()}},
})

describe('translateError', () => {
  it.each([
    ['ExpiredToken', 'CREDENTIALS_EXPIRED', 77],
    ['ExpiredTokenException', 'CREDENTIALS_EXPIRED', 77],
    ['RequestExpired', 'CREDENTIALS_EXPIRED', 77],
    ['InvalidClientTokenId', 'CREDENTIALS_INVALID', 77],
    ['UnrecognizedClientException', 'CREDENTIALS_INVALID', 77],
    ['AuthFailure', 'CREDENTIALS_INVALID', 77],
    ['SignatureDoesNotMatch', 'CREDENTIALS_INVALID', 77],
    ['AccessDenied', 'ACCESS_DENIED', 77],
    ['AccessDeniedException', 'ACCESS_DENIED', 77],
    ['UnauthorizedOperation', 'ACCESS_DENIED', 77],
    ['ThrottlingException', 'AWS_THROTTLED', 75],
    ['Throttling', 'AWS_THROTTLED', 75],
    ['RequestLimitExceeded', 'AWS_THROTTLED', 75],
    ['InternalServerError', 'AWS_FAILED', 75],
  ])('tells %s as %s', (name, code, exitCode) => {
    const error = translate(name, answered())
    expect(error).toMatchObject({code, exitCode})
    expect(error.cause).toBeInstanceOf(Error)
  })

  it('hints at the login of a profile that has one, else at new keys', () => {
    expect(translate('ExpiredToken', answered(), sso).hint).toBe('Log in again: aws sso login --profile prod')
    expect(translate('ExpiredToken', answered(), keys).hint).toContain('Renew them')
    expect(translate('CredentialsProviderError', {}, sso)).toMatchObject({
      code: 'CREDENTIALS_EXPIRED',
      hint: 'Log in again: aws sso login --profile prod',
    })
  })

  it('tells how to log in when there are no credentials, and lists the profiles', () => {
    const error = translate('CredentialsProviderError', {}, plain)
    expect(error).toMatchObject({code: 'CREDENTIALS_MISSING', message: 'There are no AWS credentials.'})
    expect(error.hint).toContain('Choose a profile: dev, prod. For example: --profile dev\n')
    expect(error.hint).toContain('AWS_ACCESS_KEY_ID')
  })

  it('names the action that is not allowed, without the identity, and the statement that allows it', () => {
    const denied = translate('AccessDeniedException', {...answered(), message: 'User: arn:aws:iam::1:user/x is not …'})
    expect(denied.message).toBe('AWS does not allow you to call ssm:StartSession.')
    expect(denied.hint).toContain('"ssm:SessionDocumentAccessCheck":"true"')
    const describe = translate('UnauthorizedOperation', answered(), keys, 'ec2:DescribeInstances')
    expect(describe.hint).toContain('"ec2:DescribeInstances"')
    expect(translate('AccessDenied', answered(), keys, 'sts:AssumeRole').hint).toContain('sts:AssumeRole')
  })

  it('says that an explicit deny is in the way, and prints no statement that would not help', () => {
    const message =
      'User: arn:aws:sts::1:assumed-role/r/x is not authorized to perform: ssm:StartSession on resource: arn:aws:ec2:… with an explicit deny in a service control policy'
    const denied = translate('AccessDeniedException', {...answered(), message})
    expect(denied).toMatchObject({
      code: 'ACCESS_DENIED',
      message:
        'AWS does not allow you to call ssm:StartSession: a service control policy forbids it by an explicit deny.',
    })
    expect(denied.hint).not.toContain('Statement')
  })

  it('speaks of the clock when the answer shows that it is wrong', () => {
    expect(translate('SignatureDoesNotMatch', answered(12)).hint).toMatch(/clock is 12 minutes behind AWS's/)
    expect(translate('AuthFailure', answered(-7)).hint).toMatch(/clock is 7 minutes ahead of AWS's/)
    expect(translate('RequestExpired', answered(12))).toMatchObject({
      code: 'CREDENTIALS_INVALID',
      hint: expect.stringContaining('clock') as string,
    })
    expect(translate('SignatureDoesNotMatch', answered(0)).hint).not.toContain('clock')
  })

  it.each([
    [{code: 'ENOTFOUND', hostname: 'ssm.nowhere'}, 'Cannot reach ssm.nowhere: its name cannot be resolved.'],
    [{code: 'ECONNREFUSED'}, 'Cannot reach ssm.eu-west-1.amazonaws.com: the connection was refused.'],
    [{name: 'TimeoutError'}, 'Cannot reach ssm.eu-west-1.amazonaws.com: no answer in time.'],
    [{code: 'SELF_SIGNED_CERT_IN_CHAIN'}, /its certificate is not trusted \(SELF_SIGNED_CERT_IN_CHAIN\)/],
  ])('tells a network failure with the endpoint and the cause: %j', (more, message) => {
    const error = translate('Error', more)
    expect(error).toMatchObject({code: 'AWS_UNREACHABLE', exitCode: 75})
    expect(error.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message))
  })

  it('names the variable for a proxy that opens TLS, or the file that does not hold its authority', () => {
    vi.stubEnv('AWS_CA_BUNDLE', '')
    const untrusted = {code: 'SELF_SIGNED_CERT_IN_CHAIN'}
    expect(translate('Error', untrusted).hint).toContain('AWS_CA_BUNDLE=/path')
    vi.stubEnv('AWS_CA_BUNDLE', '/etc/corporate.pem')
    expect(translate('Error', untrusted).hint).toBe('AWS_CA_BUNDLE is /etc/corporate.pem: it does not contain this CA.')
    vi.unstubAllEnvs()
  })

  it('tells an answer that is not from AWS', () => {
    const error = translate('SyntaxError', {$metadata: {httpStatusCode: 200}})
    expect(error).toMatchObject({code: 'AWS_FAILED', hint: expect.stringContaining('AWS_ENDPOINT_URL') as string})
  })

  it('leaves our own errors and bugs as they are', () => {
    const own = fail('TIMEOUT', 'x')
    const bug = new TypeError('x is not a function')
    const circumstances = {action: 'a:B', region: 'eu-west-1', source: keys}
    expect(translateError(own, circumstances)).toBe(own)
    expect(translateError(bug, circumstances)).toBe(bug)
  })
})
