import {describe, expect, test} from 'vitest'
import {isRdsEndpoint, readRequest} from '../../../src/hosts/helper-protocol.js'

const NAME = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const LABEL = 'a'.repeat(63)
const OF_253 = `${LABEL}.${LABEL}.${LABEL}.${'b'.repeat(31)}.eu-west-1.rds.amazonaws.com`

test.each([
  NAME,
  'prod-db.c9akciq32rgw.rds.eu-west-1.amazonaws.com',
  'prod-db.c9akciq32rgw.cn-north-1.rds.amazonaws.com.cn',
  'prod-db.c9akciq32rgw.rds.cn-northwest-1.amazonaws.com.cn',
  'orders.cluster-ro-c9akciq32rgw.us-gov-east-1.rds.amazonaws.com',
  'reader.endpoint.proxy-c9akciq32rgw.ap-southeast-5.rds.amazonaws.com',
  OF_253,
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
    'prod-db.c9.eu-west-1.rds.amazonaws.com.evil.example',
    'prod-db.c9.eu-west-1.rds.amazonaws.comx',
    'prod-db.c9.eu-west-1.rds.amazonaws.com.',
    '.c9.eu-west-1.rds.amazonaws.com',
    'prod-db..eu-west-1.rds.amazonaws.com',
    '-prod.c9.eu-west-1.rds.amazonaws.com',
    'prod-.c9.eu-west-1.rds.amazonaws.com',
    'prod_db.c9.eu-west-1.rds.amazonaws.com',
    'prod-db.c9.nowhere.rds.amazonaws.com',
    'prod-db.c9.eu-west-1.s3.amazonaws.com',
    'prod-db.c9.eu-west-1.rds.amazonaws.co',
    'Prod-db.c9.eu-west-1.rds.amazonaws.com',
    'ſ.c9.eu-west-1.rds.amazonaws.com',
    'prod/../etc.c9.eu-west-1.rds.amazonaws.com',
    `a${OF_253}`,
    `${'a'.repeat(64)}.c9.eu-west-1.rds.amazonaws.com`,
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
