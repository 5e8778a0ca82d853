import {type DatabaseOptions} from './database.js'
import {type Endpoint, type KeyHolder} from './endpoint.js'
import {type Draft, forge} from './forge.js'

const DOMAIN = 'c9akciq32rgw.eu-central-1.rds.amazonaws.com'
export const REGION = 'eu-central-1'
export const MINUTE = 60_000

export const prod: Endpoint = {
  host: `prod-db.${DOMAIN}`,
  port: 5432,
  resourceId: 'db-PRODPRODPRODPRODPRODPROD00',
  iamLogin: true,
  databaseName: 'app',
  users: [
    {name: 'alice', rdsIam: true},
    {name: 'bob', rdsIam: true},
    {name: 'carol', rdsIam: false},
  ],
}

export const iamOff: Endpoint = {...prod, host: `legacy-db.${DOMAIN}`, iamLogin: false}
export const otherPort: Endpoint = {...prod, host: `odd-db.${DOMAIN}`, port: 6432, databaseName: 'odd'}
export const custom: Endpoint = {
  ...prod,
  host: `app.cluster-custom-c9akciq32rgw.${REGION}.rds.amazonaws.com`,
  names: [prod.host],
}

/** Access keys of the tests: of a person, temporary, expired, and of someone without any permission. */
export const keys = {
  lasting: {id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'},
  temporary: {id: 'ASIAIOSFODNN7EXAMPLE', secret: 'temporary/secret', session: 'IQoJb3JpZ2luX2Vj+/=='},
  expired: {id: 'ASIAEXPIREDEXAMPLE00', secret: 'expired/secret', session: 'FwoGZXIvYXdzEXAMPLE'},
  powerless: {id: 'AKIAPOWERLESSEXAMPLE', secret: 'powerless/secret'},
} as const

const canConnect = (resourceId: string, user: string): boolean => resourceId === prod.resourceId && user !== 'bob'

function holders(now: () => number): Record<string, KeyHolder> {
  const {lasting, temporary, expired, powerless} = keys
  return {
    [lasting.id]: {secretKey: lasting.secret, canConnect},
    [temporary.id]: {
      secretKey: temporary.secret,
      sessionToken: temporary.session,
      expiresAt: now() + MINUTE,
      canConnect,
    },
    [expired.id]: {secretKey: expired.secret, sessionToken: expired.session, expiresAt: now() - 1, canConnect},
    [powerless.id]: {secretKey: powerless.secret, canConnect: () => false},
  }
}

export function optionsFor(endpoints: readonly Endpoint[], now: () => number = Date.now): DatabaseOptions {
  return {endpoints, region: REGION, now, identify: (id) => holders(now)[id]}
}

/** A token that `prod` takes from alice, but for what `change` bends. */
export function tokenFor({fields, ...change}: Partial<Draft> = {}, user = 'alice'): string {
  return forge({
    host: prod.host,
    port: prod.port,
    accessKeyId: keys.lasting.id,
    secretKey: keys.lasting.secret,
    region: REGION,
    service: 'rds-db',
    signedAt: Date.now(),
    fields: {DBUser: user, ...fields},
    ...change,
  })
}
