import {expect, it} from 'vitest'
import {checkProxy} from '../../../src/databases/rds-proxy.js'

const PROXIES = [
  'p.proxy-c9akciq32rgw.eu-west-1.rds.amazonaws.com',
  'read.endpoint.proxy-c9akciq32rgw.eu-west-1.rds.amazonaws.com',
  'p.proxy-c9akciq32rgw.rds.cn-north-1.amazonaws.com.cn',
]
const INSTANCE = 'db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'

it('takes a proxy’s certificate for its own name only: those roots sign for anyone', () => {
  for (const host of PROXIES) {
    expect(() => checkProxy(host, {sslmode: 'verify-ca', readOnly: false})).toThrow(/host name must be checked/)
    expect(() => checkProxy(host, {sslmode: 'verify-full', readOnly: false})).not.toThrow()
  }
  expect(() => checkProxy(INSTANCE, {sslmode: 'verify-ca', readOnly: false})).not.toThrow()
})

it('says that a proxy cannot be made read-only, for its login would fail', () => {
  for (const host of PROXIES) {
    expect(() => checkProxy(host, {sslmode: 'verify-full', readOnly: true})).toThrow(/cannot be made read-only/)
  }
  expect(() => checkProxy(INSTANCE, {sslmode: 'verify-full', readOnly: true})).not.toThrow()
})
