import {describe, expect, it} from 'vitest'
import {isRdsEndpoint, parseEndpointName} from '../../../src/core/endpoint-name.js'
import {readRequest} from '../../../src/hosts/helper-protocol.js'

const HASH = 'c9akciq32rgw'
const LABEL = 'a'.repeat(63)
const LONGEST = `${LABEL}.cluster-custom-${HASH}.ap-southeast-1.rds.amazonaws.com`

/** Name, what it is of, its id and its region. */
const NAMES: readonly (readonly [string, string, string, string | undefined])[] = [
  [`prod-db.${HASH}.eu-west-1.rds.amazonaws.com`, 'instance', 'prod-db', 'eu-west-1'],
  [`a.${HASH}.us-east-1.rds.amazonaws.com`, 'instance', 'a', 'us-east-1'],
  [`prod-db.123456789012.us-east-2.rds.amazonaws.com`, 'instance', 'prod-db', 'us-east-2'],
  [`prod.cluster-${HASH}.eu-west-1.rds.amazonaws.com`, 'writer', 'prod', 'eu-west-1'],
  [`prod.cluster-ro-${HASH}.eu-west-1.rds.amazonaws.com`, 'reader', 'prod', 'eu-west-1'],
  [`reports.cluster-custom-${HASH}.eu-west-1.rds.amazonaws.com`, 'custom', 'reports', 'eu-west-1'],
  [`pool.proxy-${HASH}.eu-west-1.rds.amazonaws.com`, 'proxy', 'pool', 'eu-west-1'],
  [`pool-ro.endpoint.proxy-${HASH}.eu-west-1.rds.amazonaws.com`, 'proxy', 'pool-ro', 'eu-west-1'],
  [`shop.global-${HASH}.global.rds.amazonaws.com`, 'global', 'shop', undefined],
  [`limitless.shardgrp-${HASH}.us-east-2.rds.amazonaws.com`, 'shard-group', 'limitless', 'us-east-2'],
  // The names of an express cluster: those of any cluster.
  [
    `testvalidation-cluster-3.cluster-${HASH}.us-east-1.rds.amazonaws.com`,
    'writer',
    'testvalidation-cluster-3',
    'us-east-1',
  ],
  [
    `testvalidation-cluster-3.cluster-ro-${HASH}.us-east-1.rds.amazonaws.com`,
    'reader',
    'testvalidation-cluster-3',
    'us-east-1',
  ],
  // A blue/green deployment's.
  [`prod-db-green-a1b2c3.${HASH}.eu-west-1.rds.amazonaws.com`, 'instance', 'prod-db-green-a1b2c3', 'eu-west-1'],
  [`prod-db-old1.${HASH}.eu-west-1.rds.amazonaws.com`, 'instance', 'prod-db-old1', 'eu-west-1'],
  [LONGEST, 'custom', LABEL, 'ap-southeast-1'],
  [`prod-db.${HASH}.me-west-1.rds.amazonaws.com`, 'instance', 'prod-db', 'me-west-1'],
  [`prod-db.${HASH}.ap-southeast-7.rds.amazonaws.com`, 'instance', 'prod-db', 'ap-southeast-7'],
  [`prod-db.${HASH}.mx-central-1.rds.amazonaws.com`, 'instance', 'prod-db', 'mx-central-1'],
  [`prod-db.${HASH}.us-gov-west-1.rds.amazonaws.com`, 'instance', 'prod-db', 'us-gov-west-1'],
  [`prod.cluster-ro-${HASH}.us-gov-east-1.rds.amazonaws.com`, 'reader', 'prod', 'us-gov-east-1'],
  [`prod.cluster-${HASH}.rds.us-gov-east-1.amazonaws.com`, 'writer', 'prod', 'us-gov-east-1'],
  [`prod-db.${HASH}.rds.cn-north-1.amazonaws.com.cn`, 'instance', 'prod-db', 'cn-north-1'],
  [`prod-db.${HASH}.cn-north-1.rds.amazonaws.com.cn`, 'instance', 'prod-db', 'cn-north-1'],
  [`prod.cluster-${HASH}.rds.cn-northwest-1.amazonaws.com.cn`, 'writer', 'prod', 'cn-northwest-1'],
  [`prod.cluster-ro-${HASH}.rds.cn-northwest-1.amazonaws.com.cn`, 'reader', 'prod', 'cn-northwest-1'],
  [`r.cluster-custom-${HASH}.rds.cn-north-1.amazonaws.com.cn`, 'custom', 'r', 'cn-north-1'],
  [`pool.proxy-${HASH}.rds.cn-north-1.amazonaws.com.cn`, 'proxy', 'pool', 'cn-north-1'],
  [`pool.endpoint.proxy-${HASH}.rds.cn-north-1.amazonaws.com.cn`, 'proxy', 'pool', 'cn-north-1'],
  [`shop.global-${HASH}.global.rds.amazonaws.com.cn`, 'global', 'shop', undefined],
  [`limitless.shardgrp-${HASH}.rds.cn-northwest-1.amazonaws.com.cn`, 'shard-group', 'limitless', 'cn-northwest-1'],
  [`prod-db.${HASH}.eusc-de-east-1.rds.amazonaws.eu`, 'instance', 'prod-db', 'eusc-de-east-1'],
  [`dev.cluster-${HASH}.eusc-de-east-1.rds.amazonaws.eu`, 'writer', 'dev', 'eusc-de-east-1'],
  [`pool.proxy-${HASH}.eusc-de-east-1.rds.amazonaws.eu`, 'proxy', 'pool', 'eusc-de-east-1'],
  [`prod-db.${HASH}.us-iso-east-1.rds.c2s.ic.gov`, 'instance', 'prod-db', 'us-iso-east-1'],
  [`prod.cluster-${HASH}.rds.us-iso-west-1.c2s.ic.gov`, 'writer', 'prod', 'us-iso-west-1'],
  [`prod.cluster-ro-${HASH}.rds.us-isob-east-1.sc2s.sgov.gov`, 'reader', 'prod', 'us-isob-east-1'],
  [`prod-db.${HASH}.us-isob-west-1.rds.sc2s.sgov.gov`, 'instance', 'prod-db', 'us-isob-west-1'],
  [`prod-db.${HASH}.eu-isoe-west-1.rds.cloud.adc-e.uk`, 'instance', 'prod-db', 'eu-isoe-west-1'],
  [`prod-db.${HASH}.us-isof-south-1.rds.csp.hci.ic.gov`, 'instance', 'prod-db', 'us-isof-south-1'],
  [`prod.cluster-${HASH}.rds.us-isof-east-1.csp.hci.ic.gov`, 'writer', 'prod', 'us-isof-east-1'],
]

it.each(NAMES)('%s is of %s', (host, of, id, region) => {
  expect(parseEndpointName(host)).toEqual({of, id, region})
  expect(isRdsEndpoint(host)).toBe(true)
  // What root maps: by the same rule.
  expect(readRequest(`map ${host}`)).toEqual({verb: 'map', name: host})
})

const OTHERS = [
  '',
  'localhost',
  '127.0.0.1',
  '::1',
  'example.com',
  'db.corp.internal',
  'rds.amazonaws.com',
  'eu-west-1.rds.amazonaws.com',
  'rds.eu-west-1.amazonaws.com',
  `${HASH}.eu-west-1.rds.amazonaws.com`,
  'prod-db.eu-west-1.rds.amazonaws.com',
  `prod-db.${HASH}.eu-west-1.rds.amazonaws.com.evil.example`,
  `prod-db.${HASH}.eu-west-1.rds.amazonaws.comx`,
  `prod-db.${HASH}.eu-west-1.rds.amazonaws.com.`,
  `prod-db.${HASH}.eu-west-1.rds.amazonaws.co`,
  `prod-db.${HASH}.eu-west-1.rds.evilamazonaws.com`,
  `.${HASH}.eu-west-1.rds.amazonaws.com`,
  'prod-db..eu-west-1.rds.amazonaws.com',
  `-prod.${HASH}.eu-west-1.rds.amazonaws.com`,
  `prod-.${HASH}.eu-west-1.rds.amazonaws.com`,
  `prod--db.${HASH}.eu-west-1.rds.amazonaws.com`,
  `prod_db.${HASH}.eu-west-1.rds.amazonaws.com`,
  `7prod-db.${HASH}.eu-west-1.rds.amazonaws.com`,
  `Prod-db.${HASH}.eu-west-1.rds.amazonaws.com`,
  `ſ.${HASH}.eu-west-1.rds.amazonaws.com`,
  `prod/../etc.${HASH}.eu-west-1.rds.amazonaws.com`,
  `${'a'.repeat(64)}.${HASH}.eu-west-1.rds.amazonaws.com`,
  `a.prod-db.${HASH}.eu-west-1.rds.amazonaws.com`,
  `prod-db.endpoint.${HASH}.eu-west-1.rds.amazonaws.com`,
  `prod-db.endpoint.cluster-${HASH}.eu-west-1.rds.amazonaws.com`,
  `prod-db.${HASH}.nowhere.rds.amazonaws.com`,
  `prod-db.${HASH}.us-north.rds.amazonaws.com`,
  `prod-db.${HASH}.eu-west-1.s3.amazonaws.com`,
  `prod-db.${HASH}.eu-west-1.docdb.amazonaws.com`,
  `prod-db.${HASH}.eu-west-1.rds.amazonaws.com.cn`,
  `prod-db.${HASH}.cn-north-1.rds.amazonaws.com`,
  `prod-db.${HASH}.eusc-de-east-1.rds.amazonaws.com`,
  `prod-db.${HASH}.eu-west-1.rds.amazonaws.eu`,
  `prod-db.${HASH}.us-iso-east-1.rds.sc2s.sgov.gov`,
  `prod-db.${HASH}.aws-global.rds.amazonaws.com`,
  `shop.global-${HASH}.eu-west-1.rds.amazonaws.com`,
  `shop.${HASH}.global.rds.amazonaws.com`,
  `shop.cluster-${HASH}.global.rds.amazonaws.com`,
  `shop.global-${HASH}.global.rds.evil.example`,
  `shop.global-${HASH}.rds.global.amazonaws.com`,
  `prod.cluster-rw-${HASH}.eu-west-1.rds.amazonaws.com`,
  `prod.tenant-${HASH}.eu-west-1.rds.amazonaws.com`,
  `prod-db.${HASH}.eu-west-1.rds.constructor`,
  'truststore.pki.rds.amazonaws.com',
  'truststore.pki.us-gov-west-1.rds.amazonaws.com',
  'truststore.pki.rds.us-gov-west-1.amazonaws.com',
  'truststore.pki.eu-west-1.rds.amazonaws.com',
]

describe('is not the name of an endpoint', () => {
  it.each(OTHERS)('%j', (text) => {
    expect(parseEndpointName(text)).toBeUndefined()
    expect(isRdsEndpoint(text)).toBe(false)
    expect(readRequest(`map ${text}`)).toBeUndefined()
    expect(readRequest(`unmap ${text}`)).toBeUndefined()
  })
})

it('reads a name in a region that is newer than this dbtunnel, but root maps none there', () => {
  const name = `prod-db.${HASH}.eu-west-99.rds.amazonaws.com`
  expect(parseEndpointName(name)).toEqual({of: 'instance', id: 'prod-db', region: 'eu-west-99'})
  expect(isRdsEndpoint(name)).toBe(false)
  expect(readRequest(`map ${name}`)).toBeUndefined()
})
