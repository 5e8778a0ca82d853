import {type ChildProcess, spawn} from 'node:child_process'
import {createHash, randomBytes, randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {createServer, type IncomingMessage} from 'node:http'
import {type AddressInfo, connect, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, expect, it} from 'vitest'
import {startEchoServer} from './echo-server.js'
import {type AgentHub, type HubOptions, startAgentHub} from './hub.js'

const plugin = process.env['DBTUNNEL_PLUGIN']
const undo: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

/** The real plugin, run as AWS's CLI runs it. */
interface Running {
  readonly id: string
  readonly child: ChildProcess
  readonly output: () => string
  readonly said: (text: string | RegExp) => Promise<void>
  readonly port: () => Promise<number>
  readonly exited: () => Promise<number | null>
}

async function hubWith(
  options: Partial<HubOptions> = {},
): Promise<{hub: AgentHub; server: Awaited<ReturnType<typeof startEchoServer>>}> {
  const server = await startEchoServer()
  const hub = await startAgentHub({dial: server.dial, ...options})
  undo.push(() => hub.close().then(() => server.close()))
  return {hub, server}
}

async function run(hub: AgentHub, agentVersion = '3.3.2299.0'): Promise<Running> {
  const id = `alice-${randomUUID()}`
  const token = randomUUID()
  const {streamUrl} = hub.open({sessionId: id, token, agentVersion, host: 'db.internal', port: 5432, localPort: 0})
  const ssm = await ssmEndpoint(hub)
  const folder = mkdtempSync(join(tmpdir(), 'plugin-'))
  const variable = 'AWS_SSM_START_SESSION_RESPONSE_TEST'
  const argv = [variable, 'eu-west-1', 'StartSession', '', JSON.stringify({Target: 'i-0123456789abcdef0'}), ssm]
  const env = {
    TMPDIR: folder,
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    [variable]: JSON.stringify({SessionId: id, TokenValue: token, StreamUrl: streamUrl}),
  }
  const child = spawn(plugin ?? '', argv, {env, stdio: ['ignore', 'pipe', 'inherit']})
  let text = ''
  child.stdout.on('data', (bytes: Buffer) => void (text += bytes.toString()))
  const gone = once(child, 'exit') as Promise<[number | null]>
  undo.push(async () => {
    child.kill('SIGKILL')
    await gone
    rmSync(folder, {recursive: true})
  })
  const said = async (wanted: string | RegExp): Promise<void> => {
    while (!(typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text))) await once(child.stdout, 'data')
  }
  return {
    id,
    child,
    output: () => text,
    said,
    async port() {
      await said(/Port \d+ opened for sessionId .*\./)
      return Number(/Port (\d+) opened/.exec(text)?.[1])
    },
    exited: async () => (await gone)[0],
  }
}

/** As much of SSM's JSON 1.1 as the plugin calls: ResumeSession and TerminateSession. */
async function ssmEndpoint(hub: AgentHub): Promise<string> {
  const server = createServer((request, response) => {
    void body(request).then((text) => {
      const {SessionId} = JSON.parse(text) as {SessionId: string}
      const action = request.headers['x-amz-target']
      if (action === 'AmazonSSM.TerminateSession') hub.terminate(SessionId)
      const TokenValue = randomUUID()
      if (action === 'AmazonSSM.ResumeSession') hub.renew(SessionId, TokenValue)
      response.setHeader('content-type', 'application/x-amz-json-1.1')
      response.end(JSON.stringify({SessionId, TokenValue}))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

async function dialed(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  undo.push(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function read(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let count = 0; count < length;) {
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    chunks.push(bytes)
    count += bytes.length
  }
  return Buffer.concat(chunks)
}

async function talk(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  return (await read(socket, text.length)).toString()
}

function sha(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe.skipIf(plugin === undefined)('with the real session-manager-plugin', {timeout: 60_000}, () => {
  it('answers small questions quickly', async () => {
    const {hub} = await hubWith()
    const running = await run(hub)
    const socket = await dialed(await running.port())
    for (let round = 0; round < 100; round++) expect(await talk(socket, `ping ${round}`)).toBe(`ping ${round}`)
    expect(hub.session(running.id)).toMatchObject({
      mode: 'mux',
      clientVersion: expect.stringMatching(/^1\.2\.\d+\.0$/) as string,
      violation: undefined,
    })
  })

  it('carries 8 MiB there and back', async () => {
    const {hub} = await hubWith()
    const running = await run(hub)
    const socket = await dialed(await running.port())
    const bytes = randomBytes(8 * 1024 * 1024)
    socket.write(bytes)
    expect(sha(await read(socket, bytes.length))).toBe(sha(bytes))
    expect(hub.session(running.id).violation).toBeUndefined()
  })

  it('carries twenty connections at once', async () => {
    const {hub} = await hubWith()
    const running = await run(hub)
    const port = await running.port()
    const sockets = await Promise.all(Array.from({length: 20}, () => dialed(port)))
    const answers = await Promise.all(sockets.map((socket, index) => talk(socket, `connection ${index} `.repeat(500))))
    answers.forEach((answer, index) => expect(answer).toBe(`connection ${index} `.repeat(500)))
    expect(hub.session(running.id)).toMatchObject({dialled: 20, connections: 20, violation: undefined})
  })

  it('tells of a refused dial', async () => {
    const {hub} = await hubWith({dial: () => Promise.reject(new Error('refused'))})
    const running = await run(hub)
    const socket = await dialed(await running.port())
    await once(socket.resume(), 'close')
    await running.said('Connection to destination port failed, check SSM Agent logs.')
    expect(hub.session(running.id)).toMatchObject({refusedDials: 1, violation: undefined})
  })

  it('ends with channel_closed, in its words', async () => {
    const {hub} = await hubWith()
    const running = await run(hub)
    await running.port()
    hub.terminate(running.id, 'bye')
    expect(await running.exited()).toBe(0)
    expect(running.output()).toContain(`\n\nSessionId: ${running.id} : bye\n\n`)
  })

  it('takes types padded with NULs, delays and publication messages', async () => {
    const {hub} = await hubWith({behaviour: {nulPadding: true, delayMs: 3}})
    const running = await run(hub)
    const socket = await dialed(await running.port())
    hub.publication('pause')
    hub.publication('start')
    expect(await talk(socket, 'ping')).toBe('ping')
    expect(hub.session(running.id).violation).toBeUndefined()
  })

  it('ends a session by flag on SIGINT', async () => {
    const {hub} = await hubWith()
    const running = await run(hub)
    await running.port()
    const end = new Promise((resolve) => hub.onEnded(resolve))
    running.child.kill('SIGINT')
    expect(await end).toEqual({sessionId: running.id, cause: 'flag', detail: ''})
    expect(await running.exited()).toBe(0)
  })

  it.each(['3.0.196.0', '2.3.700.0'])('speaks basic mode with agent %s', async (agentVersion) => {
    const {hub, server} = await hubWith()
    const running = await run(hub, agentVersion)
    const port = await running.port()
    const first = await dialed(port)
    expect(await talk(first, 'ping')).toBe('ping')
    first.destroy()
    while (hub.session(running.id).connections > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await talk(await dialed(port), 'pong')).toBe('pong')
    expect(hub.session(running.id)).toMatchObject({mode: 'basic', dialled: 2, violation: undefined})
    running.child.kill('SIGINT')
    expect(await running.exited()).toBe(0)
    expect(hub.session(running.id).end?.cause).toBe(agentVersion === '3.0.196.0' ? 'flag' : 'api')
    while (server.connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  })

  it('ends basic mode at once when the database cannot be reached', async () => {
    const {hub} = await hubWith({dial: () => Promise.reject(new Error('connection refused'))})
    const running = await run(hub, '3.0.196.0')
    expect(await running.exited()).toBe(0)
    expect(running.output()).toContain('Unable to connect to specified port: connection refused')
  })

  it('sends keepalives to an old agent', async () => {
    const {hub} = await hubWith()
    const running = await run(hub, '3.1.1511.0')
    const socket = await dialed(await running.port())
    expect(await talk(socket, 'ping')).toBe('ping')
    while (hub.session(running.id).nops === 0) await new Promise((resolve) => setTimeout(resolve, 100))
  })

  it.each([
    ['reset', (hub: AgentHub, id: string) => hub.cut(id)],
    ['closed with a frame', (hub: AgentHub, id: string) => hub.hangUp(id)],
  ])('resumes after its WebSocket was %s', async (_, lose) => {
    const {hub} = await hubWith()
    const running = await run(hub)
    const socket = await dialed(await running.port())
    expect(await talk(socket, 'ping')).toBe('ping')
    while (hub.session(running.id).unacknowledged > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    lose(hub, running.id)
    while (hub.session(running.id).opens < 2) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await talk(socket, 'pong')).toBe('pong')
    expect(hub.session(running.id)).toMatchObject({opens: 2, dialled: 1, violation: undefined})
  })
})
