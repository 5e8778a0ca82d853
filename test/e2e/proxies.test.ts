import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, expect, it} from 'vitest'
import {REGION} from '../sandbox/account.js'
import {createAuthority} from '../sandbox/database.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {CARRIERS} from '../support/carriers.js'
import {run, start} from '../support/dbtunnel.js'
import {watchFor} from '../support/leftovers.js'
import {commandLines} from '../support/processes.js'
import {type Proxy, startProxy} from '../support/proxy.js'

// A company's network: AWS has its own names, and is reached through a proxy that wants a password and opens TLS, or not
// at all.
const STREAMS = `ssmmessages.${REGION}.amazonaws.com`
const PASSWORD = 'pr0xy-s3cret'
let sandbox: Sandbox
let proxy: Proxy
let env: Record<string, string>

beforeAll(async () => {
  sandbox = await startSandbox({agents: {streamOrigin: `wss://${STREAMS}`}})
  const authority = await createAuthority('Corporate')
  const [control, streams] = [sandbox.aws, sandbox.agents].map(({url}) => Number(new URL(url).port))
  const portOf = (host: string): number | undefined => (host === STREAMS ? streams : control)
  proxy = await startProxy({portOf, login: `ann:${PASSWORD}`, authority})
  const {AWS_ENDPOINT_URL: _, ...others} = sandbox.env()
  const file = join(others['HOME'] ?? '', 'corporate.pem')
  writeFileSync(file, authority.root)
  // Go's programs, such as the real plugin, trust what the machine trusts.
  const trust = {AWS_CA_BUNDLE: file, SSL_CERT_FILE: file}
  env = {
    ...others,
    ...trust,
    DBTUNNEL_RESOLVE: 'hostaddr',
    HTTPS_PROXY: `http://ann:${PASSWORD}@127.0.0.1:${proxy.port}`,
  }
})
afterEach(() => proxy.answer(undefined))
afterAll(async () => {
  await watchFor(sandbox, {}).expectNothingLeft()
  await Promise.all([proxy.close(), sandbox.close()])
})

it.each(CARRIERS)('$name: calls and data channel go through it, and its password shows nowhere', async (carrier) => {
  const led = proxy.led.length
  const running = start(['psql', 'prod-db', '--debug', '-Atc', 'select 1, pg_sleep(0.5)'], {
    env: {...env, ...carrier.env, DEBUG: '*', DBTUNNEL_CACHE: 'off'},
  })
  const seen: string[] = []
  const watch = setInterval(() => seen.push(...commandLines()), 100)
  const {status, stdout, stderr} = await running.ended
  clearInterval(watch)
  expect({status, stdout}).toEqual({status: 0, stdout: '1|\n'})
  const services = ['ec2', 'rds', 'ssm', 'ssmmessages', 'sts']
  const hosts = services.map((service) => `${service}.${REGION}.amazonaws.com:443`)
  expect([...new Set(proxy.led.slice(led))].sort()).toEqual(hosts)
  const basic = Buffer.from(`ann:${PASSWORD}`).toString('base64')
  for (const secret of [PASSWORD, basic]) expect(stderr + seen.join('\n')).not.toContain(secret)
})

it.each(CARRIERS)('$name: a stream that is not at AWS gets nothing, whoever carries the session', async (carrier) => {
  const {agents} = sandbox
  const open = agents.open.bind(agents)
  agents.open = (grant) => ({
    streamUrl: open(grant).streamUrl.replace(STREAMS, 'evil.execute-api.eu-west-1.amazonaws.com'),
  })
  const led = proxy.led.length
  const {status, stdout, stderr} = await run(['psql', 'prod-db', '-c', 'select 1'], {env: {...env, ...carrier.env}})
  agents.open = open
  expect({status, stdout}).toEqual({status: 76, stdout: ''})
  expect(stderr).toMatch(
    /a stream URL that is not an AWS host \(wss:\/\/evil\.execute-api\.eu-west-1\.amazonaws\.com\)\. \[PROTOCOL\]/,
  )
  expect(proxy.led.slice(led).filter((host) => host.startsWith('evil'))).toEqual([])
  await watchFor(sandbox, {}).expectNothingLeft()
})

it('that lets nobody through: 78, and what to do', async () => {
  proxy.answer(403)
  const {status, stderr} = await run(['psql', 'prod-db', '-c', 'select 1'], {env})
  expect(status).toBe(78)
  expect(stderr).toContain(`The proxy 127.0.0.1:${proxy.port} refused the connection to`)
  expect(stderr).toMatch(/\[PROXY_REFUSED\]\n {2}Ask its administrator to allow it. To bypass the proxy: NO_PROXY=/)
  expect(stderr).not.toContain(PASSWORD)
})
