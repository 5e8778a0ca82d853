import {existsSync, readdirSync} from 'node:fs'
import {connect, createServer, type Server} from 'node:net'
import {dirname, join} from 'node:path'
import {Sha256} from '@aws-crypto/sha256-js'
import {SSMClient, StartSessionCommand, TerminateSessionCommand} from '@aws-sdk/client-ssm'
import {Signer} from '@aws-sdk/rds-signer'
import {SignatureV4} from '@smithy/signature-v4'
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest'
import {MACHINE, REGION} from './account.js'
import {MinimalClient} from './agent/minimal-client.js'
import {type Endpoint} from './database/endpoint.js'
import {psql, type PsqlResult} from './database/psql.js'
import {endpointsOf} from './network.js'
import {type Sandbox, startSandbox} from './sandbox.js'

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

const CONNECT_TO_PORT_ERROR = 3
const DOCUMENT = 'AWS-StartPortForwardingSessionToRemoteHost'

describe('the sandbox', {timeout: 30_000}, () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox({dialTimeoutMs: 50})
  }, 60_000)
  afterAll(() => sandbox.close())

  function endpoint(name: string): Endpoint {
    const found = endpointsOf(sandbox.account).find(({host}) => host.startsWith(`${name}.`))
    if (!found) throw new Error(`no endpoint ${name}`)
    return found
  }

  function credentialsOf(identity: string) {
    const {accessKeyId, secretKey, sessionToken} = sandbox.keys.keysOf(identity)
    return {accessKeyId, secretAccessKey: secretKey, ...(sessionToken === undefined ? {} : {sessionToken})}
  }

  function ssm(identity = 'alice'): SSMClient {
    const credentials = credentialsOf(identity)
    return new SSMClient({endpoint: sandbox.aws.url, region: REGION, credentials, maxAttempts: 1})
  }

  async function start(place: {host: string; port: number}, identity = 'alice', Target = MACHINE.bastionA) {
    const Parameters = {host: [place.host], portNumber: [String(place.port)], localPortNumber: ['0']}
    const command = new StartSessionCommand({Target, DocumentName: DOCUMENT, Parameters})
    const {SessionId: id = '', TokenValue: token = '', StreamUrl: streamUrl = ''} = await ssm(identity).send(command)
    return {id, token, streamUrl}
  }

  /** Logs in past the tunnel, with a token that this identity signs for this host. */
  async function login(
    name: string,
    {user = 'alice', identity = 'alice', host = endpoint(name).host} = {},
  ): Promise<PsqlResult> {
    const {port} = endpoint(name)
    const signer = new Signer({
      region: REGION,
      hostname: host,
      port,
      username: user,
      credentials: credentialsOf(identity),
    })
    const sql = "select current_user || ' in ' || current_database()"
    return psql(sandbox.database, {endpoint: endpoint(name), user, password: await signer.getAuthToken(), sql})
  }

  /** What a connection through a session of this bastion comes to: 'open', or 'refused' by the agent. */
  async function dialled(place: {host: string; port: number}, bastion?: string, identity = 'admin'): Promise<string> {
    const {id, token, streamUrl} = await start(place, identity, bastion)
    const client = await new MinimalClient(streamUrl).open(token)
    client.openStream()
    const outcome = await vi.waitUntil(() => {
      if (client.flags.includes(CONNECT_TO_PORT_ERROR)) return 'refused'
      return sandbox.agents.session(id).dialled > 0 && 'open'
    })
    client.close()
    sandbox.agents.terminate(id)
    return outcome
  }

  it('takes psql through a session to a verified login, and ends it', async () => {
    const place = endpoint('prod-db')
    const {id, token, streamUrl} = await start(place)
    const client = await new MinimalClient(streamUrl).open(token)
    const server = await forward(client)
    const {port} = server.address() as {port: number}
    const signer = new Signer({
      region: REGION,
      hostname: place.host,
      port: place.port,
      username: 'alice',
      credentials: credentialsOf('alice'),
    })
    const password = await signer.getAuthToken()
    const sql = 'select current_user, current_database()'
    const result = await psql(sandbox.database, {endpoint: place, password, sql, settings: {port}})
    expect(result).toEqual({status: 0, stdout: 'alice|shop', stderr: ''})
    await ssm().send(new TerminateSessionCommand({SessionId: id}))
    await client.until(() => client.output !== undefined)
    expect(sandbox.sessions.find(id)).toMatchObject({endedBy: 'api'})
    client.close()
    server.close()
  })

  it('notes the end of a session that the client ended on the data channel', async () => {
    const {id, token, streamUrl} = await start(endpoint('prod-db'))
    const client = await new MinimalClient(streamUrl).open(token)
    client.sendFlag(2)
    await client.until(() => client.output !== undefined)
    expect(sandbox.sessions.find(id)).toMatchObject({endedBy: 'flag'})
    client.close()
  })

  it('lets connections through as DNS and security groups say', async () => {
    const unknown = {host: 'nowhere.c9akciq32rgw.eu-west-1.rds.amazonaws.com', port: 5432}
    expect(await dialled(endpoint('prod-db'))).toBe('open')
    expect(await dialled(endpoint('billing-db'))).toBe('open')
    expect(await dialled({...endpoint('billing-db'), port: 5432})).toBe('refused')
    expect(await dialled(unknown)).toBe('refused')
    expect(await dialled(endpoint('sealed-db'))).toBe('refused')
    expect(await dialled(endpoint('staging-db'))).toBe('refused')
    expect(await dialled(endpoint('staging-db'), MACHINE.staging)).toBe('open')
    expect(await dialled(endpoint('prod-db'), MACHINE.staging)).toBe('refused')
    const web = sandbox.account.instances.find(({tags}) => tags['Role'] === 'web')
    expect(await dialled(endpoint('sealed-db'), web?.id)).toBe('open')
  })

  describe('signed upgrades', () => {
    /** The headers of a signed upgrade, as a client of version 1.2.764.0 or later sends them. */
    async function signed(
      streamUrl: string,
      {identity = 'alice', service = 'ssmmessages', region = REGION, secret = ''},
    ) {
      const {hostname, pathname, host, searchParams} = new URL(streamUrl)
      const own = credentialsOf(identity)
      const credentials = secret ? {...own, secretAccessKey: secret} : own
      const signer = new SignatureV4({credentials, region, service, sha256: Sha256})
      const request = {method: 'GET', protocol: 'http:', hostname, path: pathname, headers: {host}}
      const query = Object.fromEntries(searchParams)
      return (await signer.sign({...request, query}, {signingDate: new Date(sandbox.clock.now())})).headers
    }

    async function upgrade(owner: string, bend: Parameters<typeof signed>[1]): Promise<string> {
      const {token, streamUrl} = await start(endpoint('prod-db'), owner)
      const client = new MinimalClient(streamUrl, {headers: await signed(streamUrl, bend)})
      const outcome = await client.connect(token).then(
        () => 'open',
        (error: Error) => error.message,
      )
      client.close()
      return outcome
    }

    it.each(['alice', 'bob', 'carol', 'admin'])('opens a channel for %s', async (identity) => {
      expect(await upgrade(identity, {identity})).toBe('open')
      expect(sandbox.agents.sessions().at(-1)).toMatchObject({signed: true})
    })

    it.each([
      ['a wrong secret', 'alice', {secret: 'wrong'}],
      ["another service's scope", 'alice', {service: 'ssm'}],
      ["another region's scope", 'alice', {region: 'us-east-1'}],
      ['expired keys', 'alice', {identity: 'expired'}],
      ["someone else's session", 'alice', {identity: 'bob'}],
      ["another account's session", 'alice', {identity: 'mallory'}],
      ['no permission', 'without-ssmmessages:OpenDataChannel', {identity: 'without-ssmmessages:OpenDataChannel'}],
    ])('refuses %s', async (_, owner, bend) => {
      expect(await upgrade(owner, bend)).toContain('403')
    })
  })

  describe('logins', () => {
    const refused = {status: 2, stderr: expect.stringContaining('PAM authentication failed for user')}

    it('lets people in as themselves, on instances and clusters, readers included', async () => {
      expect(await login('prod-db')).toMatchObject({status: 0, stdout: 'alice in shop'})
      expect(await login('prod-db', {user: 'bob', identity: 'bob'})).toMatchObject({stdout: 'bob in shop'})
      const carol = {user: 'carol@example.com', identity: 'carol'}
      expect(await login('prod-db', carol)).toMatchObject({stdout: 'carol@example.com in shop'})
      expect(await login('orders')).toMatchObject({stdout: 'alice in orders'})
      expect(await login('orders-3')).toMatchObject({stdout: 'alice in orders'})
      const reader = endpointsOf(sandbox.account).find(({host}) => host.startsWith('orders.cluster-ro-'))
      expect(reader?.resourceId).toBe(endpoint('orders').resourceId)
      expect(await login('billing-db')).toMatchObject({stdout: 'alice in billing'})
      expect(await login('metrics-db')).toMatchObject({stdout: 'alice in postgres'})
      expect(await login('ledger-instance-2')).toMatchObject({stdout: 'alice in ledger'})
    })

    it('refuses others', async () => {
      expect(await login('prod-db', {user: 'bob'})).toMatchObject(refused)
      expect(await login('prod-db', {identity: 'without-rds-db:connect'})).toMatchObject(refused)
      expect(await login('prod-db', {identity: 'expired'})).toMatchObject(refused)
      expect(await login('prod-db', {identity: 'mallory', user: 'alice'})).toMatchObject(refused)
      const stderr = expect.stringContaining('password authentication failed for user')
      expect(await login('prod-db', {user: 'password_only'})).toMatchObject({status: 2, stderr})
      expect(await login('legacy-db')).toMatchObject(refused)
      expect(await login('prod-db', {host: endpoint('billing-db').host})).toMatchObject(refused)
    })

    it('knows an Aurora custom endpoint by the name of its member alone', async () => {
      const custom = endpoint('analytics')
      expect(custom.names).toEqual([endpoint('orders-3').host])
      expect(await login('analytics')).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('does not match host'),
      })
    })

    it('turns IAM login off and on while it runs', async () => {
      const database = sandbox.account.databases.find(({id}) => id === 'metrics-db')
      if (database) database.iamLogin = false
      expect(await login('metrics-db')).toMatchObject(refused)
      if (database) database.iamLogin = true
      expect(await login('metrics-db')).toMatchObject({status: 0})
    })
  })

  it('gives each child a complete environment with folders of its own', () => {
    const [first, second] = [sandbox.env(), sandbox.env('bob')]
    expect(Object.keys(first).sort()).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_ENDPOINT_URL',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'DBTUNNEL_CA_BUNDLE',
      'HOME',
      'LANG',
      'PATH',
      'TMPDIR',
    ])
    expect(second['AWS_ACCESS_KEY_ID']).toMatch(/^AKIA/)
    expect(second).not.toHaveProperty('AWS_SESSION_TOKEN')
    expect(readdirSync(first['TMPDIR'] ?? '')).toEqual([])
    expect(new Set([first['HOME'], second['HOME'], first['TMPDIR'], second['TMPDIR']]).size).toBe(4)
    expect(existsSync(first['DBTUNNEL_CA_BUNDLE'] ?? '')).toBe(true)
  })
})

describe('a sandbox that is closed', () => {
  it('leaves no file and no listening port', async () => {
    const sandbox = await startSandbox()
    const {HOME = '', AWS_ENDPOINT_URL = '', DBTUNNEL_CA_BUNDLE = ''} = sandbox.env()
    const [prod] = endpointsOf(sandbox.account)
    const front = await sandbox.database.portOf(prod?.host ?? '', prod?.port ?? 0)
    const ports = [new URL(AWS_ENDPOINT_URL).port, new URL(sandbox.agents.url).port, front]
    for (const port of ports) expect(await isOpen(Number(port))).toBe(true)
    await sandbox.close()
    for (const port of ports) expect(await isOpen(Number(port))).toBe(false)
    expect([HOME, dirname(HOME), DBTUNNEL_CA_BUNDLE, dirname(DBTUNNEL_CA_BUNDLE)].filter(existsSync)).toEqual([])
    expect(existsSync(join(HOME, '..'))).toBe(false)
  }, 60_000)
})

/** A local port in front of the session. */
async function forward(client: MinimalClient): Promise<Server> {
  const server = createServer((socket) => {
    const stream = client.openStream()
    socket.on('data', (bytes: Buffer) => stream.write(bytes))
    socket.on('error', () => {})
    void (async () => {
      for (let byte = await stream.read(1); byte.length > 0; byte = await stream.read(1)) socket.write(byte)
      socket.destroy()
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
