import {Signer} from '@aws-sdk/rds-signer'
import {describe, expect, it} from 'vitest'
import {type Draft} from './forge.js'
import {custom, iamOff, keys, MINUTE, optionsFor, otherPort, prod, REGION, tokenFor} from './fixture.js'
import {refusalOf} from './token.js'

const NOW = Date.UTC(2026, 10, 20, 12, 34, 56)
const verifier = optionsFor([], () => NOW)
const {lasting, temporary, expired, powerless} = keys

/** What RDS would say to alice at `prod` about a token that is good but for `change`. */
const refusal = (change: Partial<Draft>, user?: string): string | undefined =>
  refusalOf(tokenFor({signedAt: NOW, ...change}, user), user ?? 'alice', prod, verifier)

describe('a token is taken', () => {
  it("when AWS's own signer made it", async () => {
    const signer = new Signer({
      hostname: prod.host,
      port: prod.port,
      username: 'alice',
      region: REGION,
      credentials: {
        accessKeyId: temporary.id,
        secretAccessKey: temporary.secret,
        sessionToken: temporary.session,
      },
    })
    expect(refusalOf(await signer.getAuthToken(), 'alice', prod, optionsFor([]))).toBeUndefined()
  })

  it.each<[string, Partial<Draft>]>([
    ['right after it was made', {}],
    ['with temporary keys', {accessKeyId: temporary.id, secretKey: temporary.secret, sessionToken: temporary.session}],
    ['at the end of its 15 minutes', {signedAt: NOW - 15 * MINUTE}],
    ['when the signer’s clock is five minutes ahead', {signedAt: NOW + 5 * MINUTE}],
    ['with a shorter life', {fields: {'X-Amz-Expires': '60'}, signedAt: NOW - MINUTE}],
  ])('%s', (_title, change) => {
    expect(refusal(change)).toBeUndefined()
  })

  it('by the names that the server knows itself by', () => {
    expect(refusalOf(tokenFor({signedAt: NOW}), 'alice', custom, verifier)).toBeUndefined()
    expect(refusalOf(tokenFor({signedAt: NOW, host: custom.host}), 'alice', custom, verifier)).toMatch(
      'signed for host',
    )
  })
})

describe('a token is refused', () => {
  it.each<[string, Partial<Draft>, string]>([
    ['signed with another secret', {secretKey: 'guessed'}, 'wrong signature'],
    ['of an unknown key', {accessKeyId: 'AKIAUNKNOWNEXAMPLE00'}, 'unknown access key'],
    ['for another host', {host: 'other-db.example.com'}, 'signed for host other-db.example.com'],
    ['for the local end of the tunnel', {host: 'localhost'}, 'signed for host localhost'],
    ['for another port', {port: 5433}, 'signed for port 5433'],
    ['for the same port written otherwise', {port: '05432'}, 'signed for port 05432'],
    ['for another user', {fields: {DBUser: 'bob'}}, 'signed for user bob'],
    ['for no user', {fields: {DBUser: undefined}}, 'signed for user undefined'],
    ['for another region', {region: 'us-east-1'}, 'signed for region us-east-1'],
    ['for another service', {service: 'rds'}, 'signed for service rds'],
    ['for another action', {fields: {Action: 'describe'}}, 'the action is not connect'],
    ['a second after its 15 minutes', {signedAt: NOW - 15 * MINUTE - 1000}, 'expired'],
    ['a second after its shorter life', {fields: {'X-Amz-Expires': '60'}, signedAt: NOW - MINUTE - 1000}, 'expired'],
    ['from the future', {signedAt: NOW + 5 * MINUTE + 1000}, 'signed in the future'],
    ['that would live longer', {fields: {'X-Amz-Expires': '901'}}, 'lifetime of 901 s'],
    ['that names no lifetime', {fields: {'X-Amz-Expires': undefined}}, 'lifetime of  s'],
    ['that lives for no time', {fields: {'X-Amz-Expires': '0'}}, 'lifetime of 0 s'],
    ['with a scope of another day', {day: '20261119'}, 'the credential scope is of another day'],
    ['that signs no headers', {fields: {'X-Amz-SignedHeaders': ''}}, 'signed headers are not host alone'],
    ['by another algorithm', {fields: {'X-Amz-Algorithm': 'AWS4-ECDSA-P256-SHA256'}}, 'unknown algorithm'],
    [
      'with more in its scope',
      {fields: {'X-Amz-Credential': `${lasting.id}/20261120/${REGION}/rds-db/aws4_request/more`}},
      'malformed credential scope',
    ],
    [
      'with another end of its scope',
      {fields: {'X-Amz-Credential': `${lasting.id}/20261120/${REGION}/rds-db/aws5_request`}},
      'malformed credential scope',
    ],
    ['with a date in words', {fields: {'X-Amz-Date': 'today'}}, 'malformed date'],
    ['with a date that is none', {fields: {'X-Amz-Date': '20261340T123456Z'}}, 'malformed date'],
    [
      'without the session token of its keys',
      {accessKeyId: temporary.id, secretKey: temporary.secret},
      'wrong session token',
    ],
    [
      'with another session token',
      {accessKeyId: temporary.id, secretKey: temporary.secret, sessionToken: expired.session},
      'wrong session token',
    ],
    ['with a session token for keys that have none', {sessionToken: temporary.session}, 'wrong session token'],
    [
      'made with expired keys',
      {accessKeyId: expired.id, secretKey: expired.secret, sessionToken: expired.session},
      'the keys have expired',
    ],
    [
      'of someone without permission',
      {accessKeyId: powerless.id, secretKey: powerless.secret},
      `no rds-db:connect on ${prod.resourceId}/alice`,
    ],
  ])('%s', (_title, change, reason) => {
    expect(refusal(change)).toBe(reason)
  })

  it('when the permission is for another user or another database', () => {
    expect(refusal({}, 'bob')).toBe(`no rds-db:connect on ${prod.resourceId}/bob`)
    expect(refusalOf(tokenFor({signedAt: NOW}), 'alice', {...prod, resourceId: 'db-OTHER'}, verifier)).toBe(
      'no rds-db:connect on db-OTHER/alice',
    )
  })

  it('when the user is unknown or does not log in by IAM', () => {
    expect(refusal({}, 'carol')).toBe('the user does not log in by IAM')
    expect(refusal({}, 'mallory')).toBe('the user does not log in by IAM')
    expect(refusal({}, 'rdsadmin')).toBe('the user does not log in by IAM')
  })

  it('where IAM login is off', () => {
    expect(refusalOf(tokenFor({signedAt: NOW, host: iamOff.host}), 'alice', iamOff, verifier)).toBe('IAM login is off')
  })

  it('at another database than the one it was made for', () => {
    expect(refusalOf(tokenFor({signedAt: NOW}), 'alice', otherPort, verifier)).toBe(`signed for host ${prod.host}`)
  })

  it('when any character of its signature or what it signs is altered', () => {
    const token = tokenFor({signedAt: NOW})
    const last = token.at(-1) === '0' ? '1' : '0'
    const altered = [
      token.slice(0, -1) + last,
      token.slice(0, -1),
      token.slice(0, token.lastIndexOf('=') + 1),
      token.slice(0, token.lastIndexOf('&')),
      token.replace('X-Amz-Expires=900', 'X-Amz-Expires=899'),
      `${token}&More=1`,
      token.replace('20261120T123456Z', '20261120T123457Z'),
    ]
    expect(altered.map((text) => refusalOf(text, 'alice', prod, verifier))).toEqual(
      altered.map(() => 'wrong signature'),
    )
  })

  it('when it is no token at all', () => {
    const token = tokenFor({signedAt: NOW})
    const others = [
      '',
      'secret',
      `https://${token}`,
      token.replace('/?', '?'),
      token.slice(0, token.indexOf('/')),
      `${token}%`,
    ]
    expect(others.map((text) => refusalOf(text, 'alice', prod, verifier))).toEqual(others.map(() => 'not a token'))
    expect(refusalOf(`${token}&Action=connect`, 'alice', prod, verifier)).toBe('a parameter comes twice')
  })
})
