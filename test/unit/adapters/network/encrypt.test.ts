import {X509Certificate} from 'node:crypto'
import {beforeAll, describe, expect, it} from 'vitest'
import {isFor} from '../../../../src/adapters/network/encrypt.js'
import {type Authority, createAuthority} from '../../../sandbox/database.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'

let authority: Authority
beforeAll(async () => {
  authority = await createAuthority('Some root')
})

describe('a certificate is for a name', () => {
  it.each([
    [HOST, true],
    [HOST.toUpperCase(), true],
    [`${HOST}.`, false],
    ['pr*-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com', false],
    ['prod-db*.c9akciq32rgw.eu-west-1.rds.amazonaws.com', false],
    ['*.eu-west-1.rds.amazonaws.com', false],
    ['other-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com', false],
  ])('to the letter: %s', async (name, is) => {
    const certificate = new X509Certificate((await authority.issue([name])).cert)
    expect(isFor(certificate, HOST, false)).toBe(is)
    expect(isFor(certificate, HOST, true)).toBe(is)
  })

  it('with a whole first label as *, where an RDS Proxy may have that', async () => {
    const name = '*.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
    const certificate = new X509Certificate((await authority.issue([name])).cert)
    expect(isFor(certificate, HOST, true)).toBe(true)
    expect(isFor(certificate, HOST, false)).toBe(false)
  })
})
