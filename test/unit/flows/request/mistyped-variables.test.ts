import {expect, it} from 'vitest'
import type {Connection} from '../../../../src/databases/connection.js'
import {programEnvironment} from '../../../../src/databases/environment.js'
import {postgres} from '../../../../src/databases/postgres/kind.js'
import {tellMistypedVariables} from '../../../../src/flows/request/mistyped-variables.js'
import {readRequests} from '../../../../src/flows/request/read-request.js'
import {SETTINGS} from '../../../../src/settings/all-settings.js'
import {variableOf} from '../../../../src/settings/setting.js'

function told(...names: readonly string[]): readonly string[] {
  const lines: string[] = []
  const env = Object.fromEntries(names.map((name) => [name, 'on']))
  tellMistypedVariables({env, say: {notice: (line) => void lines.push(line)}})
  return lines
}

it.each([
  ['DBTUNNEL_BASTON', 'DBTUNNEL_BASTION'],
  ['DBTUNNEL_LOCALPORT', 'DBTUNNEL_LOCAL_PORT'],
  ['DBTUNNEL_CA_BUNDEL', 'DBTUNNEL_CA_BUNDLE'],
  ['DBTUNNEL_UPLOAD_RATE_NATIVE', undefined],
  ['DBTUNNEL_KEEP_ALIVE', 'the flag --keep-alive'],
  ['DBTUNNEL_WRITE', 'the flag --write'],
])('of %s it says that %s may be meant', (name, meant) => {
  expect(told(name)).toEqual(
    meant === undefined ? [] : [`${name} is not a setting of dbtunnel. Did you mean ${meant}?`],
  )
})

it('has nothing to say of settings, of what dbtunnel gives to programs, and of names of other programs', () => {
  const connection: Connection = {
    target: 'prod-db',
    host: 'prod-db.abc.eu-west-1.rds.amazonaws.com',
    localPort: 15432,
    user: 'alice',
    database: 'app',
    sslmode: 'verify-full',
    mapping: 'hosts',
    authoritiesFile: '/run/x/authorities.pem',
    homeFiles: [],
    loginFiles: {passfile: '/run/x/passfile'},
    readOnly: false,
  }
  expect(told(...SETTINGS.flatMap((one) => variableOf(one) ?? []))).toEqual([])
  expect(told(...Object.keys(programEnvironment(postgres, {}, connection)))).toEqual([])
  expect(told('DBTUNNEL_SERVICE_HOST', 'DBTUNNEL_PORT_5432_TCP_ADDR', 'DBTUNNEL_TAG', 'DBTUNNEL_HOME')).toEqual([])
})

it('says it once in a run, for however many databases', async () => {
  const notices: string[] = []
  const sources = {
    env: {AWS_REGION: 'eu-west-1', DBTUNNEL_BASTON: 'any'},
    cwd: '/srv',
    profileRegion: async () => undefined,
    profileAccount: async () => undefined,
    aliasesOf: async () => [],
    configFiles: async () => [],
    say: {notice: (line: string) => void notices.push(line)},
  }
  const requests = await readRequests({targets: ['prod-db', 'billing-db'], flags: {}}, sources)
  expect(requests).toHaveLength(2)
  expect(notices).toEqual([expect.stringContaining('DBTUNNEL_BASTON')])
})
