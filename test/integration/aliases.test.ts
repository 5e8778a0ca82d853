import {getServers, setServers} from 'node:dns'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {aliasesOf} from '../../src/adapters/network/resolver.js'
import {startDnsServer} from '../support/dns-server.js'

const ENDPOINT = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const before = getServers()
let server: Awaited<ReturnType<typeof startDnsServer>>

beforeAll(async () => {
  server = await startDnsServer({
    'db.corp.internal': 'Db.Shop.internal',
    'db.shop.internal': ENDPOINT,
    'a.corp.internal': 'b.corp.internal',
    'b.corp.internal': 'a.corp.internal',
    'slow.corp.internal': 'silent',
  })
  setServers([server.address])
})
afterAll(async () => {
  setServers(before)
  await server.close()
})

it('gives the names that a name leads to, one CNAME after the other', async () => {
  expect(await aliasesOf('db.corp.internal')).toEqual(['db.shop.internal', ENDPOINT])
})

it('gives none for a name that is no alias, is not there, or that nobody answers for', async () => {
  expect(await aliasesOf(ENDPOINT)).toEqual([])
  expect(await aliasesOf('nothing.corp.internal')).toEqual([])
  expect(await aliasesOf('slow.corp.internal')).toEqual([])
})

it('does not follow a circle for ever', async () => {
  expect(await aliasesOf('a.corp.internal')).toEqual(['b.corp.internal', 'a.corp.internal'])
})
