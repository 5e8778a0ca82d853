import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {createServer, type Server} from 'node:https'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, it, vi} from 'vitest'
import {awsApi} from '../../src/adapters/aws/aws-api.js'
import {webSocketPort} from '../../src/adapters/network/websocket.js'
import {selfSign} from '../sandbox/database.js'

// A machine in the middle, with a certificate of its own making, and an environment that tells Node not to mind.
let impostor: Server
let host: string
let asked: number

beforeEach(async () => {
  impostor = createServer(await selfSign(['localhost']))
  asked = 0
  impostor.on('request', (_, response) => {
    asked++
    response.writeHead(400).end()
  })
  impostor.on('upgrade', (_, socket) => {
    asked++
    socket.destroy()
  })
  impostor.listen(0, '127.0.0.1')
  await once(impostor, 'listening')
  host = `localhost:${(impostor.address() as AddressInfo).port}`
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  vi.stubEnv('AWS_ENDPOINT_URL', `https://${host}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  vi.stubEnv('AWS_SESSION_TOKEN', 'token')
})

afterEach(() => {
  vi.unstubAllEnvs()
  impostor.closeAllConnections()
  impostor.close()
})

it('AWS is asked nothing', async () => {
  const aws = awsApi({region: 'eu-west-1', say: {debug() {}, notice() {}}})
  await expect(aws.sts.identity()).rejects.toMatchObject({code: 'AWS_UNREACHABLE'})
  expect(asked).toBe(0)
})

it('SSO is asked nothing', async () => {
  const home = await mkdtemp(join(tmpdir(), 'dbtunnel-sso-'))
  const cache = join(home, '.aws', 'sso', 'cache')
  await mkdir(cache, {recursive: true})
  const start = 'https://example.awsapps.com/start'
  const login = [`sso_start_url = ${start}`, 'sso_region = eu-west-1', 'sso_account_id = 1', 'sso_role_name = dev']
  await writeFile(join(home, 'config'), ['[profile dev]', ...login].join('\n'))
  const token = {accessToken: 'SECRET', expiresAt: new Date(Date.now() + 3_600_000).toISOString()}
  await writeFile(join(cache, `${createHash('sha1').update(start).digest('hex')}.json`), JSON.stringify(token))
  vi.stubEnv('HOME', home)
  vi.stubEnv('AWS_CONFIG_FILE', join(home, 'config'))
  const aws = awsApi({profile: 'dev', region: 'eu-west-1', say: {debug() {}, notice() {}}})
  await expect(aws.sts.identity()).rejects.toThrow()
  await rm(home, {recursive: true})
  expect(asked).toBe(0)
})

it('the data channel is not opened', async () => {
  await expect(webSocketPort.connect(`wss://${host}/`, {})).rejects.toThrow(/certificate/)
  expect(asked).toBe(0)
})
