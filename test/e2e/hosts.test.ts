import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {afterAll, afterEach, beforeAll, beforeEach, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {run, start} from '../support/dbtunnel.js'
import {type Watch, watchFor} from '../support/leftovers.js'
import {pasted} from '../support/pasted.js'
import {until} from '../support/until.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const ROOT = process.getuid?.() === 0
/** What sudo does is tested by `npm run test:privileged`. */
const MAY_BE_ROOT = ROOT || spawnSync('sudo', ['-n', 'true']).status === 0

let sandbox: Sandbox
let env: Record<string, string>
let watch: Watch

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())
beforeEach(() => {
  env = sandbox.env()
  watch = watchFor(sandbox, env)
})
afterEach(() => watch.expectNothingLeft())

it.runIf(ROOT)('as root, the name is in the hosts file while psql runs, and psql resolves it there', async () => {
  const {status, stdout} = await run(
    ['psql', 'prod-db', '--quiet', '-At', '-c', '\\! getent hosts ' + HOST, '-c', '\\conninfo'],
    {
      env,
    },
  )
  expect(status).toBe(0)
  expect(stdout).toMatch(new RegExp(`^127\\.0\\.0\\.1\\s+${HOST}`))
  expect(stdout).toMatch(/protocol: TLSv1\.[23]/)
})

it.runIf(ROOT)('as root, --resolve hostaddr leaves the hosts file alone', async () => {
  const before = readFileSync('/etc/hosts', 'utf8')
  const words = ['psql', 'prod-db', '--quiet', '--resolve', 'hostaddr', '-At', '-c', '\\! cat /etc/hosts']
  expect(await run(words, {env})).toMatchObject({status: 0, stdout: before})
})

it.runIf(ROOT)('as root, open needs no PGHOSTADDR, and any program finds the name while it is open', async () => {
  const tunnel = start(['open', 'prod-db', '--quiet'], {env})
  const block = await until('the block', () => /[^]*DBTUNNEL_URL.*\n/.exec(tunnel.stdout())?.[0])
  expect(block).not.toContain('PGHOSTADDR')
  const {status, stdout} = await pasted(block, `getent hosts "$PGHOST"; psql -w -Atc '\\conninfo' -c 'select 1'`)
  expect(status).toBe(0)
  expect(stdout).toMatch(new RegExp(`^127\\.0\\.0\\.1\\s+${HOST}\n[^]*host "${HOST}"[^]*\n1\n$`))
  tunnel.child.kill('SIGINT')
  expect(await tunnel.ended).toMatchObject({status: 130, stdout: block})
})

it.skipIf(MAY_BE_ROOT)('without root, psql is given the address, with one line that says so', async () => {
  const {status, stdout, stderr} = await run(['psql', 'prod-db', '-Atc', 'select 1'], {env})
  expect({status, stdout}).toEqual({status: 0, stdout: '1\n'})
  expect(stderr.match(/hostaddr/g)?.length).toBeGreaterThan(0)
})

it.skipIf(MAY_BE_ROOT)('without root, --resolve hosts is refused: 73', async () => {
  const words = ['psql', 'prod-db', '--resolve', 'hosts', '-c', 'select 1']
  const {status, stderr} = await run(words, {env, detached: true})
  expect(status).toBe(73)
  expect(stderr).toContain('[HOSTS_UNWRITABLE]')
})
