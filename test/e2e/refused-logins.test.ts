import {afterAll, beforeAll, expect, it} from 'vitest'
import {ACCOUNT_ID, defaultAccount, engineerPolicy, roleSession} from '../sandbox/account.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Ended, run} from '../support/dbtunnel.js'
import {type Watch, watchFor} from '../support/leftovers.js'

let sandbox: Sandbox
let watch: Watch

beforeAll(async () => {
  const account = defaultAccount()
  // Identity Center makes it of the address as someone has typed it.
  account.identities.push(roleSession('capitals', 'Capitals', [engineerPolicy(ACCOUNT_ID)], 'Carol@Example.com'))
  sandbox = await startSandbox({accounts: [account]})
  watch = watchFor(sandbox, {})
})
afterAll(async () => {
  await watch.expectNothingLeft()
  await sandbox.close()
})

function psql(words: readonly string[] = [], identity = 'alice'): Promise<Ended> {
  const env = {...sandbox.env(identity), DBTUNNEL_RESOLVE: 'hostaddr', DBTUNNEL_ENGINE: 'native'}
  return run(['psql', 'prod-db', ...words, '-Atc', 'select 1'], {env})
}

it('PAM authentication failed twice, then let in: says so, and prints no policy', async () => {
  sandbox.database.slowDown(2)
  const {status, stderr} = await psql()
  expect(status).toBe(2)
  expect(stderr).toContain('PAM authentication failed')
  expect(stderr).toContain('lets you in now: try again')
  expect(stderr).not.toContain('rds-db:connect')
})

it('PAM authentication failed three times: prints the policy', async () => {
  sandbox.database.slowDown(3)
  expect((await psql()).stderr).toContain('"Action":"rds-db:connect"')
})

it('doctor is not misled by a slow answer of IAM, either', async () => {
  sandbox.database.slowDown(1)
  const env = {...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr', DBTUNNEL_ENGINE: 'native'}
  const {stdout} = await run(['doctor', 'prod-db'], {env})
  expect(stdout).toContain('dbtunnel psql prod-db works.')
})

it('a session name in capitals, a user in small letters: first advice is -U', async () => {
  const {status, stderr} = await psql([], 'capitals')
  expect(status).toBe(2)
  const lines = stderr.split('\n').map((line) => line.trim())
  const first = lines.findIndex((line) => line.includes('-U carol@example.com'))
  expect(first).toBeGreaterThan(0)
  expect(lines.findIndex((line) => line.startsWith('GRANT'))).toBeGreaterThan(first)
  expect(await psql(['-U', 'carol@example.com'], 'carol')).toMatchObject({status: 0, stdout: '1\n'})
})

it('-U of the master user: advises a user of one’s own, and warns about the master’s password', async () => {
  const {status, stderr} = await psql(['-U', 'postgres'])
  expect(status).toBe(2)
  expect(stderr).toContain('it is the master user')
  expect(stderr).toContain('CREATE USER "alice" WITH LOGIN;')
  expect(stderr).toContain('-U alice')
  expect(stderr).toMatch(/the password of postgres works no more.*GRANT rds_iam TO "postgres";/)
  expect(stderr.indexOf('CREATE USER "alice"')).toBeLessThan(stderr.indexOf('TO "postgres"'))
})
