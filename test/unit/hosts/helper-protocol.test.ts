import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {isRdsEndpoint, readRequest} from '../../../src/hosts/helper-protocol.js'
import {ROOT} from '../../support/dbtunnel.js'

const NAME = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const LABEL = 'a'.repeat(63)
const LONGEST = `${LABEL}.cluster-custom-c9akciq32rgw.ap-southeast-1.rds.amazonaws.com`

test.each([
  NAME,
  'prod-db.c9akciq32rgw.rds.eu-west-1.amazonaws.com',
  'prod-db.c9akciq32rgw.cn-north-1.rds.amazonaws.com.cn',
  'prod-db.c9akciq32rgw.rds.cn-northwest-1.amazonaws.com.cn',
  'orders.cluster-ro-c9akciq32rgw.us-gov-east-1.rds.amazonaws.com',
  'reader.endpoint.proxy-c9akciq32rgw.ap-southeast-5.rds.amazonaws.com',
  'orders.cluster-custom-c9akciq32rgw.eu-west-1.rds.amazonaws.com',
  'orders.proxy-c9akciq32rgw.eu-west-1.rds.amazonaws.com',
  'orders.shardgrp-c9akciq32rgw.eu-west-1.rds.amazonaws.com',
  'orders.c9akciq32rgw.eusc-de-east-1.rds.amazonaws.eu',
  LONGEST,
])('maps an endpoint of RDS: %s', (name) => {
  expect(isRdsEndpoint(name)).toBe(true)
  expect(readRequest(`map ${name}`)).toEqual({verb: 'map', name})
  expect(readRequest(`unmap ${name}`)).toEqual({verb: 'unmap', name})
})

describe('refuses another name', () => {
  test.each([
    '',
    'localhost',
    'example.com',
    'rds.amazonaws.com',
    'eu-west-1.rds.amazonaws.com',
    'prod-db.eu-west-1.rds.amazonaws.com',
    'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com.evil.example',
    'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.comx',
    'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com.',
    '.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    'prod-db..eu-west-1.rds.amazonaws.com',
    '-prod.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    'prod-.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    'prod_db.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    'prod-db.c9akciq32rgw.nowhere.rds.amazonaws.com',
    'prod-db.c9akciq32rgw.eu-west-1.s3.amazonaws.com',
    'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.co',
    'Prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    'ſ.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    'prod/../etc.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    `a${LONGEST}`,
    `${'a'.repeat(64)}.c9akciq32rgw.eu-west-1.rds.amazonaws.com`,
    'truststore.pki.us-gov-west-1.rds.amazonaws.com',
    'truststore.pki.rds.us-gov-west-1.amazonaws.com',
    'truststore.pki.eu-west-1.rds.amazonaws.com',
    'prod-db.c9akciq32rgw.us-north-7.rds.amazonaws.com',
    'prod-db.c9akciq32rgw.eu-west-99.rds.amazonaws.com',
    'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com.cn',
    'prod-db.c9akciq32rgw.cn-north-1.rds.amazonaws.com',
    'prod-db.c9akciq32rgw.aws-global.rds.amazonaws.com',
    'a.prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    'prod-db.endpoint.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    '7prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com',
    'prod-db.c9akciq32rgw.eu-west-1.rds.constructor',
    '127.0.0.1',
    '::1',
  ])('%j', (name) => {
    expect(isRdsEndpoint(name)).toBe(false)
    expect(readRequest(`map ${name}`)).toBeUndefined()
    expect(readRequest(`unmap ${name}`)).toBeUndefined()
  })
})

test.each([
  '',
  'map',
  'map ',
  NAME,
  `map  ${NAME}`,
  ` map ${NAME}`,
  `map ${NAME} `,
  `map ${NAME}\r`,
  `map ${NAME}\0`,
  `map\t${NAME}`,
  `MAP ${NAME}`,
  `map ${NAME} 10.0.0.1`,
  `map 10.0.0.1 ${NAME}`,
  `map ${NAME}\n10.0.0.1 x`,
  `map ${NAME}#`,
  `map --file ${NAME}`,
  `unmap * `,
  'sweep',
])('refuses another request: %j', (line) => {
  expect(readRequest(line)).toBeUndefined()
})

interface Partition {
  readonly regions: Readonly<Record<string, object>>
  readonly outputs: {readonly dnsSuffix: string}
}

/** The SDK's own: no part that it publishes gives the whole table. */
async function partitionsOfSdk(): Promise<readonly Partition[]> {
  const client = ['@aws-sdk', 'core', 'dist-es', 'submodules', 'client']
  const file = join(ROOT, 'node_modules', ...client, 'util-endpoints', 'lib', 'aws', 'partitions.js')
  const table = (await import(file)) as {partitionsInfo: {partitions: readonly Partition[]}}
  return table.partitionsInfo.partitions
}

test('it knows every region of AWS that the SDK knows, each in its partition, and no other', async () => {
  const partitions = await partitionsOfSdk()
  const suffixes = [...new Set(partitions.map(({outputs}) => outputs.dnsSuffix))]
  for (const {regions, outputs} of partitions) {
    for (const region of Object.keys(regions)) {
      for (const suffix of suffixes) {
        const isThere = suffix === outputs.dnsSuffix && !region.endsWith('-global')
        expect(isRdsEndpoint(`prod-db.c9akciq32rgw.${region}.rds.${suffix}`), `${region} ${suffix}`).toBe(isThere)
      }
    }
  }
})
