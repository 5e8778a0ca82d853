import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {hasCode} from '../../../src/core/errors.js'
import {parseTarget, regionOf, spokenName} from '../../../src/targets/parse-target.js'

describe('parseTarget', () => {
  it('reads identifiers, in lower case, and keeps the word as typed', () => {
    expect(parseTarget('Prod-DB')).toEqual({kind: 'name', text: 'Prod-DB', id: 'prod-db'})
    expect(parseTarget('prod:reader')).toEqual({kind: 'reader', text: 'prod:reader', clusterId: 'prod'})
    expect(parseTarget('prod:Reports')).toEqual({
      kind: 'custom',
      text: 'prod:Reports',
      clusterId: 'prod',
      endpointId: 'reports',
    })
  })

  it.each([
    ['prod-db.c9abcdefghij.eu-west-1.rds.amazonaws.com', 'instance', 'prod-db', 'eu-west-1'],
    ['PROD.cluster-c9abcdefghij.us-gov-west-1.rds.amazonaws.com', 'writer', 'prod', 'us-gov-west-1'],
    ['prod.cluster-ro-c9abcdefghij.eu-west-1.rds.amazonaws.com', 'reader', 'prod', 'eu-west-1'],
    ['reports.cluster-custom-c9abcdefghij.eu-west-1.rds.amazonaws.com', 'custom', 'reports', 'eu-west-1'],
    ['pool.proxy-c9abcdefghij.eu-west-1.rds.amazonaws.com', 'proxy', 'pool', 'eu-west-1'],
    ['pool-ro.endpoint.proxy-c9abcdefghij.eu-west-1.rds.amazonaws.com', 'proxy', 'pool-ro', 'eu-west-1'],
    ['prod-db.c9abcdefghij.rds.cn-north-1.amazonaws.com.cn', 'instance', 'prod-db', 'cn-north-1'],
    ['prod.cluster-c9abcdefghij.rds.cn-northwest-1.amazonaws.com.cn', 'writer', 'prod', 'cn-northwest-1'],
    ['prod-db.c9abcdefghij.cn-north-1.rds.amazonaws.com.cn', 'instance', 'prod-db', 'cn-north-1'],
  ])('reads the endpoint %s', (text, of, id, region) => {
    expect(parseTarget(text)).toEqual({
      kind: 'endpoint',
      text,
      host: text.toLowerCase(),
      port: undefined,
      of,
      id,
      region,
    })
  })

  it('reads the ARN of an instance or a cluster, with its region', () => {
    const arn = 'arn:aws:rds:eu-central-1:123456789012'
    expect(parseTarget(`${arn}:db:Prod-DB`)).toEqual({
      kind: 'name',
      text: `${arn}:db:Prod-DB`,
      id: 'prod-db',
      arn: {of: 'instance', id: 'prod-db', region: 'eu-central-1', account: '123456789012'},
    })
    const cluster = parseTarget('arn:aws-eusc:rds:eusc-de-east-1:123456789012:cluster:orders')
    expect(cluster).toMatchObject({kind: 'name', id: 'orders', arn: {of: 'cluster'}})
    expect(regionOf(cluster)).toBe('eusc-de-east-1')
    expect(spokenName(cluster)).toBe('orders')
  })

  it.each([
    'arn:aws:rds:eu-central-1:123456789012:snapshot:prod-db',
    'arn:aws:rds:eu-central-1:123456789012:db-proxy:prx-0123456789abcdef0',
    'arn:aws:rds::123456789012:global-cluster:world',
    'arn:aws:rds:eu-central-1:123456789012:db:prod_db',
    'arn:aws:rds:eu-central-1:1234:db:prod-db',
    'arn:aws-cn:rds:eu-central-1:123456789012:db:prod-db',
    'arn:aws:rds:cn-north-1:123456789012:db:prod-db',
    'arn:aws:ec2:eu-central-1:123456789012:instance/i-0123456789abcdef0',
    'arn:',
  ])('refuses %j, which is the ARN of something else', (text) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({code: 'TARGET_INVALID'}) as Error)
  })

  it('reads what looks like an id of RDS’s own as a name that may be one', () => {
    const id = 'db-NBJZYNMGGU757NP2LHCGZVZS7T'
    expect(parseTarget(id)).toEqual({kind: 'name', text: id, id: id.toLowerCase(), resourceId: id})
    expect(parseTarget(`cluster-${id.slice(3)}`)).toMatchObject({resourceId: `cluster-${id.slice(3)}`})
    expect(parseTarget('db-prod')).not.toHaveProperty('resourceId')
  })

  it('reads the writer endpoint of a global database, whose region is in no name', () => {
    const host = 'shop.global-c9abcdefghij.global.rds.amazonaws.com'
    expect(parseTarget(`${host}:5432`)).toEqual({kind: 'global', text: `${host}:5432`, host, port: 5432, id: 'shop'})
    expect(regionOf(parseTarget(host))).toBeUndefined()
    expect(spokenName(parseTarget(host))).toBe('shop')
  })

  it('reads a port behind an endpoint', () => {
    expect(parseTarget('a.c9abcdefghij.eu-west-1.rds.amazonaws.com:5433')).toMatchObject({port: 5433})
  })

  it.each([
    '',
    '-x',
    '--prod-db',
    'prod_db',
    'prod--db',
    'prod-db-',
    '1prod',
    'prod:',
    ':reader',
    'prod:reader:x',
    'prod:5432',
    'prod db',
    'prod\ndb',
    'a'.repeat(64),
    'db.internal.example.com',
    'prod.c9abcdefghij.eu-west-1.rds.amazonaws.com.evil.com',
    'prod.c9abcdefghij.evil.rds.amazonaws.com',
    'prod.endpoint.c9abcdefghij.eu-west-1.rds.amazonaws.com',
    'prod.c9abcdefghij.eu-west-1.rds.amazonaws.com:0',
    'prod.c9abcdefghij.eu-west-1.rds.amazonaws.com:70000',
    'prod.c9abcdefghij.eu-west-1.rds.amazonaws.com:x',
    'prod.c9abcdefghij.eu-west-1.rds.amazonaws.com.',
    'host=prod-db',
    'postgres://prod-db/x',
  ])('refuses %j', (text) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({code: 'TARGET_INVALID', exitCode: 64}) as Error)
  })

  it('gives of any word either a name of RDS grammar or TARGET_INVALID', () => {
    const pieces = fc.constantFrom(
      'a',
      '9',
      '-',
      '.',
      ':',
      ' ',
      '\n',
      '#',
      'rds',
      'amazonaws.com',
      'cluster-',
      'reader',
    )
    const words = fc.oneof(
      fc.string(),
      fc.array(pieces, {maxLength: 12}).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(words, (text) => {
        try {
          const name = parseTarget(text)
          const {resourceId: _, arn: _arn, ...others} = {resourceId: '', arn: '', ...name}
          const words = Object.values(others).filter((value) => value !== text)
          for (const word of words) expect(String(word)).toMatch(/^[a-z0-9.-]+$|^undefined$/)
        } catch (error) {
          expect(hasCode(error, 'TARGET_INVALID')).toBe(true)
        }
      }),
    )
  })
})

describe('spokenName', () => {
  it('is what was typed, but for a host name', () => {
    const spoken = (word: string) => spokenName(parseTarget(word))
    expect(spoken('Prod-DB')).toBe('Prod-DB')
    expect(spoken('prod:reader')).toBe('prod:reader')
    expect(spoken('prod-db.c9abcdefghij.eu-west-1.rds.amazonaws.com:6432')).toBe('prod-db')
    expect(spoken('prod.cluster-ro-c9abcdefghij.eu-west-1.rds.amazonaws.com')).toBe('prod:reader')
    // A config file's name for it.
    expect(spokenName({...parseTarget('prod-db.c9abcdefghij.eu-west-1.rds.amazonaws.com'), text: 'shop'})).toBe('shop')
  })
})
