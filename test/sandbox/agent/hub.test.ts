import {createHash, randomBytes, randomUUID} from 'node:crypto'
import {once} from 'node:events'
import type {Socket} from 'node:net'
import {afterEach, describe, expect, it} from 'vitest'
import {decodeMessage, encodeMessage, FLAG, type Outgoing, PAYLOAD} from './agent-message.js'
import {type EchoServer, startEchoServer} from './echo-server.js'
import {type AgentHub, type HubOptions, type SessionEnd, startAgentHub} from './hub.js'
import {type ClientOptions, type ClientStream, MinimalClient} from './minimal-client.js'
import {COMMAND, frameHeader} from './smux.js'

const undo: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function echo(onConnection?: (socket: Socket) => void): Promise<EchoServer> {
  const server = await startEchoServer(onConnection)
  undo.push(() => server.close())
  return server
}

async function hubFor(
  dial: HubOptions['dial'] = () => Promise.reject(new Error('no database')),
  rest: Partial<HubOptions> = {},
): Promise<AgentHub> {
  const hub = await startAgentHub({dial, ...rest})
  undo.push(() => hub.close())
  return hub
}

interface Setting {
  readonly agentVersion?: string
  readonly client?: ClientOptions
}

function granted(
  hub: AgentHub,
  {agentVersion = '3.3.2299.0', client = {}}: Setting = {},
): {id: string; token: string; client: MinimalClient} {
  const id = `alice-${randomUUID()}`
  const token = randomUUID()
  const {streamUrl} = hub.open({sessionId: id, token, agentVersion, host: 'db.internal', port: 5432, localPort: 0})
  const one = new MinimalClient(streamUrl, client)
  undo.push(() => one.close())
  return {id, token, client: one}
}

async function opened(hub: AgentHub, setting?: Setting): Promise<{id: string; client: MinimalClient}> {
  const {id, token, client} = granted(hub, setting)
  await client.open(token)
  return {id, client}
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function talk(stream: ClientStream, text: string): Promise<string> {
  stream.write(Buffer.from(text))
  return (await stream.read(text.length)).toString()
}

function sha(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function endOf(hub: AgentHub): Promise<SessionEnd> {
  return new Promise((resolve) => hub.onEnded(resolve))
}

describe('opening', () => {
  it("asks for a port session in the real agent's words", async () => {
    const hub = await hubFor()
    const {id, client} = await opened(hub)
    const [request, complete] = client.messages
    expect(request?.payload.toString()).toBe(
      '{"AgentVersion":"3.3.2299.0","RequestedClientActions":[{"ActionType":"SessionType","ActionParameters":{"SessionType":"Port",' +
        '"Properties":{"portNumber":"5432","type":"LocalPortForwarding","localPortNumber":"0","host":"db.internal"}}}]}',
    )
    expect(request).toMatchObject({sequence: 0, flags: 1, headerLength: 116})
    expect(complete?.payload.toString()).toMatch(/^{"HandshakeTimeToComplete":\d+,"CustomerMessage":""}$/)
    expect(complete).toMatchObject({sequence: 1, flags: 0})
    expect(hub.session(id)).toMatchObject({
      phase: 'ready',
      connected: true,
      mode: 'mux',
      signed: false,
      clientVersion: '1.2.677.0',
    })
  })

  it('gives the path and query that the service gives', async () => {
    const {client} = granted(await hubFor())
    expect(client.streamUrl).toMatch(
      /^ws:\/\/127\.0\.0\.1:\d+\/v1\/data-channel\/alice-[^/?]+\?role=publish_subscribe&cell-number=[\w-]+$/,
    )
  })

  it('closes on a wrong token, and still takes the right one, once', async () => {
    const hub = await hubFor()
    const {id, token, client} = granted(hub)
    await client.connect('guess')
    await client.until(() => client.closed !== undefined)
    expect(client.closed?.code).toBe(1008)
    await client.open(token)
    await client.connect(token)
    await client.until(() => client.closed !== undefined)
    expect(hub.session(id)).toMatchObject({opens: 1, refusedOpens: 2, end: undefined, connected: true})
  })

  it('lets a renewed token replace the one before', async () => {
    const hub = await hubFor()
    const {id, token, client} = granted(hub)
    expect(hub.renew(id, 'second')).toBe(true)
    await client.connect(token)
    await client.until(() => client.closed !== undefined)
    await client.open('second')
    expect(hub.renew('unknown', 'x')).toBe(false)
  })

  it('refuses upgrades for unknown sessions, for other URLs, and on purpose', async () => {
    const hub = await hubFor()
    const {token, client} = granted(hub)
    await expect(
      new MinimalClient(`${hub.url}/v1/data-channel/bob?role=publish_subscribe`).connect('t'),
    ).rejects.toThrow('404')
    await expect(
      new MinimalClient(client.streamUrl.replace('publish_subscribe', 'subscribe')).connect('t'),
    ).rejects.toThrow('400')
    hub.refuseUpgrades(2, 429)
    await expect(client.connect(token)).rejects.toThrow('429')
    await expect(client.connect(token)).rejects.toThrow('429')
    await client.open(token)
  })

  it('has signed upgrades verified, and no others', async () => {
    const asked: string[] = []
    const hub = await hubFor(undefined, {
      verifyUpgrade: ({headers}) => {
        asked.push(headers.authorization ?? '')
        return headers.authorization?.includes('Signature=good') ? undefined : 'SignatureDoesNotMatch'
      },
    })
    const signedWith = (signature: string): Setting => ({
      client: {headers: {authorization: `AWS4-HMAC-SHA256 Credential=x, Signature=${signature}`}},
    })
    const forged = granted(hub, signedWith('forged'))
    await expect(forged.client.connect(forged.token)).rejects.toThrow('403')
    const good = await opened(hub, signedWith('good'))
    const unsigned = await opened(hub)
    expect(asked).toHaveLength(2)
    expect(hub.session(good.id).signed).toBe(true)
    expect(hub.session(unsigned.id).signed).toBe(false)
  })

  it('gives up on a client that does not answer', async () => {
    const hub = await hubFor(undefined, {timing: {handshakeMs: 60}})
    const {id, token, client} = granted(hub)
    client.acknowledging = false
    await client.connect(token)
    await client.until(() => client.output !== undefined)
    expect(client.output).toMatch(/^Handshake timed out/)
    expect(hub.session(id).end?.cause).toBe('handshake')
  })

  it('sends HandshakeRequest again until it is acknowledged', async () => {
    const hub = await hubFor(undefined, {timing: {resendMs: 10}})
    const {id, token, client} = granted(hub)
    client.acknowledging = false
    await client.connect(token)
    await until(() => hub.session(id).resends > 0)
    client.acknowledging = true
    await client.until(() => client.messages.length === 2)
  })
})

describe('strict mode', () => {
  const data: Outgoing = {
    type: 'input_stream_data',
    sequence: 1,
    flags: 0,
    payloadType: PAYLOAD.data,
    payload: frameHeader(COMMAND.keepalive, 0),
  }
  const spoilt = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = encodeMessage(data)
    change(bytes)
    return bytes
  }
  const faults: [string, Buffer | string][] = [
    ['header length 112', encodeMessage({...data, headerLength: 112})],
    ['bad digest', spoilt((bytes) => bytes.writeUInt8((bytes[80] ?? 0) ^ 1, 80))],
    ['created is 0', encodeMessage({...data, created: 0})],
    ['flags 1 on input_stream_data', encodeMessage({...data, flags: 1})],
    ['schema version 2', spoilt((bytes) => bytes.writeUInt32BE(2, 36))],
    ['message type', encodeMessage({...data, nulPadding: true})],
    ['message type', encodeMessage({...data, type: 'output_stream_data'})],
    ['payload type 5', encodeMessage({...data, payloadType: 5})],
    ['stated as', spoilt((bytes) => bytes.writeUInt32BE(9, 116))],
    ['empty payload', encodeMessage({...data, payload: Buffer.alloc(0)})],
    ['malformed flag', encodeMessage({...data, payloadType: PAYLOAD.flag, payload: Buffer.from('flag')})],
    ['cut short', encodeMessage(data).subarray(0, 100)],
    ['acknowledge with sequence 1', encodeMessage({...data, type: 'acknowledge', flags: 3, payloadType: 0})],
    ['flags 0 on acknowledge', encodeMessage({...data, type: 'acknowledge', sequence: 0, payloadType: 0})],
    ['malformed acknowledgement', encodeMessage({...data, type: 'acknowledge', sequence: 0, flags: 3, payloadType: 0})],
    ['text frame', 'hello'],
    ['smux version 2', encodeMessage({...data, payload: Buffer.from('0203000000000000', 'hex')})],
    ['never opened', encodeMessage({...data, payload: frameHeader(COMMAND.finish, 9)})],
    ['stream 4 opened', encodeMessage({...data, payload: frameHeader(COMMAND.open, 4)})],
    [
      'second HandshakeResponse',
      encodeMessage({
        ...data,
        payloadType: PAYLOAD.handshakeResponse,
        payload: Buffer.from('{"ClientVersion":"1.2.3.4"}'),
      }),
    ],
  ]

  it.each(faults)('ends the session: %s', async (fault, bytes) => {
    const hub = await hubFor()
    const {id, client} = await opened(hub)
    const end = endOf(hub)
    client.transmit(bytes)
    expect(await end).toMatchObject({sessionId: id, cause: 'violation'})
    await client.until(() => client.closed !== undefined)
    expect(client.closed?.code).toBe(1008)
    expect(hub.session(id).violation).toContain(fault)
  })

  const acknowledgement = (change: object): Buffer => {
    const content = {
      AcknowledgedMessageType: 'output_stream_data',
      AcknowledgedMessageId: randomUUID(),
      AcknowledgedMessageSequenceNumber: 1,
      IsSequentialMessage: true,
    }
    return encodeMessage({
      ...data,
      type: 'acknowledge',
      sequence: 0,
      flags: 3,
      payloadType: 0,
      payload: Buffer.from(JSON.stringify({...content, ...change})),
    })
  }

  it.each([
    ['never sent', {AcknowledgedMessageSequenceNumber: 99}],
    ['another message type', {AcknowledgedMessageType: 'input_stream_data'}],
    ['not sequential', {IsSequentialMessage: false}],
    ['canonical UUID', {AcknowledgedMessageId: 'x'}],
    ['another message id', {AcknowledgedMessageSequenceNumber: 0}],
  ])('ends the session: acknowledgement, %s', async (fault, change) => {
    const hub = await hubFor()
    const {id, token, client} = granted(hub)
    client.acknowledging = false
    await client.connect(token)
    await until(() => hub.session(id).unacknowledged === 1)
    client.transmit(acknowledgement({AcknowledgedMessageSequenceNumber: 0, ...change}))
    await client.until(() => client.closed !== undefined)
    expect(hub.session(id).end?.detail).toContain(fault)
  })

  it.each([
    ['schema version', {MessageSchemaVersion: '2.0'}],
    ['UUIDs', {ClientId: 'me'}],
    ['four parts', {ClientVersion: '1.2.677'}],
    ['with Extra', {Extra: 1}],
  ])('ends the session: OpenDataChannel, %s', async (fault, change) => {
    const hub = await hubFor()
    const {id, token, client} = granted(hub)
    await client.connect(token, change)
    await client.until(() => client.closed !== undefined)
    expect(hub.session(id).violation).toContain(fault)
  })

  it.each([
    ['old RequestId', {RequestId: '60f4223c-d128-49ab-8fe8-8dd52616b55f'}],
    ['another ClientId', {RequestId: randomUUID(), ClientId: randomUUID()}],
  ])('ends the session: resume with %s', async (fault, change) => {
    const hub = await hubFor()
    const {id, token, client} = granted(hub)
    await client.connect(token, {RequestId: '60f4223c-d128-49ab-8fe8-8dd52616b55f'})
    await client.until(() => client.messages.length === 2)
    hub.renew(id, 'next')
    await client.connect('next', change)
    await client.until(() => client.closed !== undefined)
    expect(hub.session(id).violation).toContain(fault)
  })

  it('ends the session when data comes before HandshakeComplete', async () => {
    const hub = await hubFor()
    const {id, token, client} = granted(hub)
    client.acknowledging = false
    await client.connect(token)
    client.transmit(encodeMessage({...data, sequence: 0}))
    await client.until(() => client.closed !== undefined)
    expect(hub.session(id).violation).toEqual('data before HandshakeComplete')
  })

  it('ends the session when ClientVersion has not four parts', async () => {
    const hub = await hubFor()
    const {id, token, client} = granted(hub, {client: {version: '1.2.677'}})
    await client.connect(token, {ClientVersion: '1.2.677.0'})
    await client.until(() => client.closed !== undefined)
    expect(hub.session(id).violation).toEqual('ClientVersion without four parts')
  })

  it('can be switched off: the real agent checks no digest', async () => {
    const server = await echo()
    const hub = await hubFor(server.dial, {behaviour: {strict: false}})
    const spoil = (_: Outgoing, bytes: Buffer): Buffer => bytes.fill(0, 80, 112)
    const {client} = await opened(hub, {client: {spoil}})
    expect(await talk(client.openStream(), 'ping')).toBe('ping')
  })
})

describe('multiplexed', {timeout: 30_000}, () => {
  it('carries many connections at once, every byte', async () => {
    const server = await echo()
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub)
    const sent = Array.from({length: 20}, () => randomBytes(200_000))
    const streams = sent.map(() => client.openStream())
    sent.forEach((bytes, index) => streams[index]?.write(bytes))
    const received = await Promise.all(streams.map((stream) => stream.read(200_000)))
    expect(received.map(sha)).toEqual(sent.map(sha))
    expect(hub.session(id)).toMatchObject({
      connections: 20,
      dialled: 20,
      bytesToDatabase: 4_000_000,
      bytesFromDatabase: 4_000_000,
      largestPayload: 1_024,
    })
  })

  it('sends payloads of 1024 bytes at most, in frames of 32768 at most', async () => {
    const server = await echo((socket) => void socket.end(Buffer.alloc(100_000)))
    const {client} = await opened(await hubFor(server.dial))
    expect((await client.openStream().read(200_000)).length).toBe(100_000)
    expect(client.largest).toEqual({payload: 1_024, frame: 32_768})
  })

  it('tells a refused dial by flag and closes that stream alone', async () => {
    const server = await echo()
    let dials = 0
    const hub = await hubFor(() => (++dials === 1 ? Promise.reject(new Error('refused')) : server.dial()))
    const {id, client} = await opened(hub)
    const [first, second] = [client.openStream(), client.openStream()]
    first.write(Buffer.from('lost'))
    expect((await first.read(1)).length).toBe(0)
    expect(client.flags).toEqual([FLAG.connectToPortError])
    expect(await talk(second, 'ping')).toBe('ping')
    expect(hub.session(id)).toMatchObject({refusedDials: 1, connections: 1})
  })

  it('dials one at a time: one that hangs blocks the others until the session ends', async () => {
    const server = await echo()
    let late: (socket: Socket) => void = () => {}
    const signals: AbortSignal[] = []
    const hub = await hubFor((_host, _port, signal) => {
      signals.push(signal)
      return signals.length === 1 ? new Promise((resolve) => (late = resolve)) : server.dial()
    })
    const {id, client} = await opened(hub)
    client.openStream()
    client.openStream()
    await until(() => signals.length === 1)
    client.sendBytes(frameHeader(COMMAND.keepalive, 0))
    await until(() => hub.session(id).nops === 1)
    expect(signals).toHaveLength(1)
    hub.terminate(id)
    expect(signals[0]?.aborted).toBe(true)
    late(await server.dial())
    await until(() => server.connections.size === 0)
    expect(signals).toHaveLength(1)
  })

  it("gives the database all bytes before the client's end, then closes the whole connection", async () => {
    const total = 3_000_000
    let received = 0
    let answered = false
    const server = await echo((socket) => {
      socket.on('data', (bytes: Buffer) => void (received += bytes.length))
      socket.on('end', () => setTimeout(() => socket.write('too late', () => (answered = true)), 20))
    })
    const {client} = await opened(await hubFor(server.dial))
    const stream = client.openStream()
    stream.write(Buffer.alloc(total))
    stream.end()
    expect((await stream.read(1)).length).toBe(0)
    await until(() => answered)
    expect(received).toBe(total)
  })

  it('keeps what comes before the dial is done, the end too', async () => {
    const received: Buffer[] = []
    const server = await echo((socket) => {
      socket.on('data', (bytes: Buffer) => void received.push(bytes))
      socket.on('end', () => void socket.end())
    })
    let connectNow = (): void => {}
    const gate = new Promise<void>((resolve) => (connectNow = resolve))
    const hub = await hubFor(() => gate.then(server.dial))
    const {client} = await opened(hub)
    const stream = client.openStream()
    stream.write(Buffer.from('last words'))
    stream.end()
    await until(() => client.unacknowledged === 0)
    connectNow()
    expect((await stream.read(1)).length).toBe(0)
    await until(() => Buffer.concat(received).toString() === 'last words')
  })

  it("gives the client all bytes before the database's end", async () => {
    const bytes = randomBytes(1_000_000)
    const server = await echo((socket) => void socket.end(bytes))
    const {client} = await opened(await hubFor(server.dial))
    expect(sha(await client.openStream().read(2_000_000))).toBe(sha(bytes))
  })

  it('stops taking and acknowledging when 4 MiB lie unread, and goes on', async () => {
    let socket: Socket | undefined
    const server = await echo((one) => void (socket = one).pause())
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub)
    const stream = client.openStream()
    const bytes = randomBytes(24_000_000)
    stream.write(bytes)
    await still(() => hub.session(id).bytesToDatabase)
    expect(hub.session(id).bytesToDatabase).toBeLessThan(16_000_000)
    expect(client.unacknowledged).toBeGreaterThan(5_000)
    const hash = createHash('sha256')
    let count = 0
    socket?.on('data', (piece: Buffer) => {
      hash.update(piece)
      count += piece.length
    })
    socket?.resume()
    await until(() => count === bytes.length)
    expect(hash.digest('hex')).toBe(sha(bytes))
    expect(await until(() => client.unacknowledged === 0)).toBeUndefined()
  })

  it('stops reading from the database when the client is slow, and goes on', async () => {
    const bytes = randomBytes(24_000_000)
    const server = await echo((socket) => void socket.end(bytes))
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub)
    const stream = client.openStream()
    client.pauseReading()
    await still(() => hub.session(id).bytesFromDatabase)
    expect(hub.session(id).bytesFromDatabase).toBeLessThan(20_000_000)
    client.resumeReading()
    expect(sha(await stream.read(bytes.length))).toBe(sha(bytes))
  })

  it.each([
    ['an old agent', {agentVersion: '3.1.1511.0'}],
    ['a client that reports a low version', {client: {version: '1.2.0.0'}}],
  ])('with %s, sends keepalives and closes when it hears none', async (_, setting) => {
    const hub = await hubFor(undefined, {timing: {keepaliveMs: 20, silenceMs: 100}})
    const {id, client} = await opened(hub, setting)
    for (let beat = 0; beat < 5; beat++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      client.sendBytes(frameHeader(COMMAND.keepalive, 0))
    }
    await until(() => hub.session(id).nops === 5)
    expect(hub.session(id).end).toBeUndefined()
    await client.until(() => client.output !== undefined)
    expect(client.output).toBe('')
    expect(client.nops).toBeGreaterThan(0)
    expect(hub.session(id).end?.cause).toBe('silence')
  })

  it('needs no keepalives with a newer agent', async () => {
    const hub = await hubFor(undefined, {timing: {keepaliveMs: 5, silenceMs: 10}})
    const {id, client} = await opened(hub, {agentVersion: '3.1.1512.0'})
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(hub.session(id).end).toBeUndefined()
    expect(client.nops).toBe(0)
  })

  it('does not acknowledge data before it is set up, and takes it when sent again', async () => {
    const server = await echo()
    const hub = await hubFor(server.dial, {behaviour: {setupMs: 150, earlyData: true}})
    const {client} = await opened(hub)
    expect(await talk(client.openStream(), 'ping')).toBe('ping')
    expect(client.nops).toBe(1)
  })

  it('can rest after each message as the real agent does', async () => {
    const server = await echo((socket) => void socket.end(Buffer.alloc(102_400)))
    const {client} = await opened(await hubFor(server.dial, {behaviour: {paceMs: 1}}))
    const start = performance.now()
    expect((await client.openStream().read(102_400)).length).toBe(102_400)
    expect(performance.now() - start).toBeGreaterThan(90)
  })
})

describe('basic mode', () => {
  it.each([
    ['an old agent', {agentVersion: '3.0.196.0'}],
    ['an old client', {client: {version: '1.1.69.0'}}],
  ])('with %s, carries raw bytes, one connection at a time', async (_, setting) => {
    const greetings = ['one', 'two', 'three']
    const server = await echo((socket) => {
      socket.write(greetings.shift() ?? '')
      socket.on('end', () => socket.end())
      socket.on('data', (bytes: Buffer) => (bytes.toString() === 'bye' ? socket.end() : socket.write(bytes)))
    })
    const hub = await hubFor(server.dial)
    const {id, token, client} = granted(hub, setting)
    client.useBasicMode()
    await client.open(token)
    const said = async (text: string): Promise<void> => {
      await client.until(() => Buffer.concat(client.raw).length >= text.length)
      expect(Buffer.concat(client.raw.splice(0)).toString()).toBe(text)
    }
    await said('one')
    client.sendBytes(Buffer.from('ping'))
    await said('ping')
    client.sendFlag(FLAG.disconnectToPort)
    await until(() => server.connections.size === 0)
    expect(hub.session(id)).toMatchObject({mode: 'basic', dialled: 1, connections: 0})
    client.sendBytes(Buffer.from('pong'))
    await said('twopong')
    client.sendBytes(Buffer.from('bye'))
    await until(() => hub.session(id).connections === 0)
    client.sendBytes(Buffer.from('more'))
    await said('threemore')
    expect(hub.session(id)).toMatchObject({dialled: 3, violation: undefined})
  })

  it('closes the channel when the database cannot be reached', async () => {
    const hub = await hubFor(() => Promise.reject(new Error('dial tcp 10.0.0.9:5432: connect: connection refused')))
    const {id, client} = await opened(hub, {agentVersion: '2.3.800.0'})
    await client.until(() => client.output !== undefined)
    expect(client.output).toBe(
      'Unable to connect to specified port: dial tcp 10.0.0.9:5432: connect: connection refused',
    )
    expect(hub.session(id).end?.cause).toBe('unreachable')
  })
})

describe('endings', () => {
  it('sends channel_closed with the short header, then a close frame', async () => {
    const server = await echo()
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub)
    await talk(client.openStream(), 'ping')
    const end = endOf(hub)
    expect(hub.terminate(id, 'bye')).toBe(true)
    expect(await end).toEqual({sessionId: id, cause: 'api', detail: 'bye'})
    await client.until(() => client.closed !== undefined)
    expect(client.output).toBe('bye')
    expect(client.closed?.code).toBe(1000)
    await until(() => server.connections.size === 0)
    expect(hub.terminate(id)).toBe(false)
    expect(hub.renew(id, 'again')).toBe(false)
    await expect(client.connect('again')).rejects.toThrow('404')
  })

  it.each(['3.3.2299.0', '3.0.196.0'])("ends by the client's flag with agent %s", async (agentVersion) => {
    const server = await echo()
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub, {agentVersion})
    const end = endOf(hub)
    client.sendFlag(FLAG.terminateSession)
    expect(await end).toEqual({sessionId: id, cause: 'flag', detail: ''})
    await client.until(() => client.closed !== undefined)
    expect(client.unacknowledged).toBe(0)
  })

  it('does not know the flag as an agent of 2.3.722.0', async () => {
    const server = await echo()
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub, {agentVersion: '2.3.722.0'})
    await until(() => hub.session(id).connections === 1)
    client.sendFlag(FLAG.terminateSession)
    await client.until(() => client.unacknowledged === 0)
    expect(hub.session(id).end).toBeUndefined()
  })

  it('leaves nothing open', async () => {
    const before = process.getActiveResourcesInfo().filter(isOpen).length
    const server = await startEchoServer()
    const hub = await startAgentHub({dial: server.dial})
    const one = await opened(hub)
    await talk(one.client.openStream(), 'ping')
    hub.hold()
    granted(hub)
      .client.connect('t')
      .catch(() => {})
    await hub.close()
    await until(() => server.connections.size === 0)
    await one.client.until(() => one.client.closed !== undefined)
    one.client.close()
    await server.close()
    await until(() => process.getActiveResourcesInfo().filter(isOpen).length <= before)
    expect(hub.session(one.id).end?.cause).toBe('hub-closed')
  })
})

describe('a lost WebSocket', {timeout: 30_000}, () => {
  it('is survived: what was not acknowledged is sent again on the next one', async () => {
    const server = await echo()
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub)
    const stream = client.openStream()
    await talk(stream, 'ping')
    const bytes = randomBytes(2_000_000)
    hub.cutAt(1_500, id)
    stream.write(bytes)
    await client.until(() => client.closed !== undefined)
    expect(client.closed?.code).toBe(1006)
    await until(() => !hub.session(id).connected)
    expect(hub.session(id)).toMatchObject({connections: 1, end: undefined})
    hub.renew(id, 'next')
    await client.connect('next')
    expect(sha(await stream.read(bytes.length))).toBe(sha(bytes))
    expect(hub.session(id)).toMatchObject({opens: 2, violation: undefined, connections: 1})
    expect(client.messages).toHaveLength(2)
  })

  it('does not make the hub read on from the database', async () => {
    const server = await echo((socket) => void socket.end(Buffer.alloc(16_000_000)))
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub)
    hub.cutAt(300, id)
    const stream = client.openStream()
    await client.until(() => client.closed !== undefined)
    await still(() => hub.session(id).bytesFromDatabase)
    expect(hub.session(id).bytesFromDatabase).toBeLessThan(8_000_000)
    hub.renew(id, 'next')
    await client.connect('next')
    expect((await stream.read(20_000_000)).length).toBe(16_000_000)
  })

  it("is hung up with a close frame like the service's hourly one", async () => {
    const server = await echo()
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub)
    const stream = client.openStream()
    await talk(stream, 'ping')
    hub.hangUp(id)
    await client.until(() => client.closed !== undefined)
    expect(client.closed).toEqual({code: 1001, reason: 'Going away'})
    hub.renew(id, 'next')
    await client.connect('next')
    expect(await talk(stream, 'pong')).toBe('pong')
  })
})

describe('faults', {timeout: 30_000}, () => {
  it('swallows everything while held, upgrades too, and goes on when released', async () => {
    const server = await echo()
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub)
    const stream = client.openStream()
    await talk(stream, 'ping')
    hub.hold(id)
    stream.write(Buffer.from('pong'))
    let ponged = false
    client.once('pong', () => (ponged = true))
    client.ping()
    const upgrade = new MinimalClient(client.streamUrl).connect('t').then(
      () => 'answered',
      () => 'refused',
    )
    const silence = new Promise((resolve) => setTimeout(resolve, 150, 'silence'))
    expect(await Promise.race([upgrade, silence])).toBe('silence')
    expect(hub.session(id)).toMatchObject({bytesToDatabase: 4, connected: true, pings: 0})
    expect(ponged).toBe(false)
    hub.release(id)
    expect((await stream.read(4)).toString()).toBe('pong')
    client.ping()
    await once(client, 'pong')
  })

  it('says nothing while held', async () => {
    let refuse = (): void => {}
    const hub = await hubFor(() => new Promise((_, reject) => (refuse = () => reject(new Error('refused')))))
    const {id, client} = await opened(hub)
    client.openStream()
    await client.until(() => client.unacknowledged === 0)
    hub.hold(id)
    refuse()
    await until(() => hub.session(id).refusedDials === 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(client.flags).toEqual([])
    hub.release(id)
    await client.until(() => client.flags.length === 1)
  })

  it.each([
    ['drops', {drop: 0.05}],
    ['doubles', {duplicate: 0.3}],
    ['exchanges', {reorder: 0.3}],
    ['delays', {delayMs: 5}],
    ['does all of it', {drop: 0.02, duplicate: 0.1, reorder: 0.1, delayMs: 2}],
  ])('%s, and every byte arrives all the same', async (_, change) => {
    const server = await echo()
    const hub = await hubFor(server.dial, {timing: {resendMs: 5}})
    const {id, client} = await opened(hub)
    hub.behave({...change, seed: 7}, id)
    const stream = client.openStream()
    const bytes = randomBytes(100_000)
    stream.write(bytes)
    expect(sha(await stream.read(bytes.length))).toBe(sha(bytes))
    expect(hub.session(id).violation).toBeUndefined()
  })

  it('delays each message both ways', async () => {
    const server = await echo()
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub)
    const stream = client.openStream()
    await talk(stream, 'ping')
    hub.behave({delayMs: 40}, id)
    const start = performance.now()
    await talk(stream, 'pong')
    expect(performance.now() - start).toBeGreaterThan(75)
  })

  it('pauses publication until the client says something', async () => {
    let say: (text: string) => void = () => {}
    const server = await echo((socket) => void (say = (text) => void socket.write(text)))
    const hub = await hubFor(server.dial)
    const {id, client} = await opened(hub)
    const stream = client.openStream()
    await until(() => hub.session(id).connections === 1 && hub.session(id).unacknowledged === 0)
    hub.publication('pause', id)
    await client.until(() => client.controls.length === 1)
    say('hello')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(hub.session(id).bytesFromDatabase).toBe(0)
    hub.publication('start', id)
    expect((await stream.read(5)).toString()).toBe('hello')
    expect(client.controls).toEqual(['pause_publication', 'start_publication'])
    await until(() => hub.session(id).unacknowledged === 0)
    hub.publication('pause', id)
    say('again')
    client.sendBytes(frameHeader(COMMAND.keepalive, 0))
    expect((await stream.read(5)).toString()).toBe('again')
  })

  it('pads types with NULs on demand', async () => {
    const hub = await hubFor(undefined, {behaviour: {nulPadding: true}})
    const {client} = await opened(hub)
    expect(client.messages[0]?.bytes.toString('latin1', 4, 36)).toBe('output_stream_data'.padEnd(32, '\0'))
    expect(decodeMessage(client.messages[0]?.bytes ?? Buffer.alloc(0)).type).toBe('output_stream_data')
  })
})

/** Waits until a number has not changed for a while. */
async function still(number: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 5;) {
    await new Promise((resolve) => setTimeout(resolve, 40))
    same = number() === last ? same + 1 : 0
    last = number()
  }
}

function isOpen(resource: string): boolean {
  return resource.startsWith('TCP') || resource === 'Timeout'
}
