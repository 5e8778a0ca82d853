import {
  DescribeSessionsCommand,
  type DescribeSessionsCommandInput,
  ResumeSessionCommand,
  SSMClient,
  StartSessionCommand,
  type StartSessionCommandInput,
  TerminateSessionCommand,
} from '@aws-sdk/client-ssm'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {MACHINE} from '../account.js'
import {failureOf, type Plane, startPlane} from './fixture.js'

const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const REQUEST = {
  Target: MACHINE.bastionA,
  DocumentName: 'AWS-StartPortForwardingSessionToRemoteHost',
  Parameters: {host: [HOST], portNumber: ['5432'], localPortNumber: ['0']},
} satisfies StartSessionCommandInput

describe('Session Manager', () => {
  let plane: Plane
  beforeEach(async () => {
    plane = await startPlane()
  })
  afterEach(() => plane.aws.close())

  const as = (identity: string): SSMClient => new SSMClient(plane.as(identity))
  const start = (change: Partial<StartSessionCommandInput> = {}, identity = 'alice') =>
    as(identity).send(new StartSessionCommand({...REQUEST, ...change}))
  const parameters = (change: Record<string, string[]>) => start({Parameters: {...REQUEST.Parameters, ...change}})
  const resume = (SessionId: string, identity = 'alice') => as(identity).send(new ResumeSessionCommand({SessionId}))
  const terminate = (SessionId: string, identity = 'alice') =>
    as(identity).send(new TerminateSessionCommand({SessionId}))

  it('starts a session: an id, a token, a stream, and a grant for the agent', async () => {
    const {SessionId = '', TokenValue = '', StreamUrl} = await start({Reason: 'INC-123'})
    expect(SessionId).toMatch(/^alice-0[0-9a-f]{16}$/)
    expect(TokenValue.length).toBeGreaterThan(200)
    expect(StreamUrl).toContain(SessionId)
    expect(plane.granted).toEqual([
      {
        sessionId: SessionId,
        token: TokenValue,
        target: MACHINE.bastionA,
        agentVersion: '3.3.2299.0',
        host: HOST,
        port: 5432,
        localPort: 0,
      },
    ])
    expect(plane.sessions.open()).toMatchObject([
      {
        id: SessionId,
        identity: 'alice',
        owner: 'arn:aws:sts::412093857610:assumed-role/Engineer/alice',
        target: MACHINE.bastionA,
        document: REQUEST.DocumentName,
        reason: 'INC-123',
      },
    ])
    expect((await start({}, 'bob')).SessionId).toMatch(/^bob-0/)
  })

  it('resumes with a new token each time, for the same stream', async () => {
    const {SessionId = '', TokenValue, StreamUrl} = await start()
    const first = await resume(SessionId)
    const second = await resume(SessionId)
    expect(new Set([TokenValue, first.TokenValue, second.TokenValue]).size).toBe(3)
    expect(second.StreamUrl).toBe(StreamUrl)
    expect(plane.renewed.map(({token}) => token)).toEqual([first.TokenValue, second.TokenValue])
    expect(plane.sessions.find(SessionId)?.resumed).toBe(2)
  })

  it('ends a session once; after that it can be neither ended nor resumed', async () => {
    const {SessionId = ''} = await start()
    await terminate(SessionId)
    expect(plane.terminated).toEqual([SessionId])
    expect(plane.sessions.find(SessionId)).toMatchObject({endedBy: 'api', endedAt: expect.any(Number)})
    expect(await failureOf(terminate(SessionId))).toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('is not in a valid state'),
    })
    expect((await resume(SessionId)).TokenValue).toBeUndefined()
    expect(plane.terminated).toHaveLength(1)
  })

  it('counts a session that the client ended on the data channel as over', async () => {
    const {SessionId = ''} = await start()
    plane.sessions.end(SessionId, 'flag', plane.clock.now())
    expect(await failureOf(terminate(SessionId))).toMatchObject({name: 'ValidationException'})
    expect(plane.sessions.find(SessionId)?.endedBy).toBe('flag')
  })

  it('lists sessions, open and over', async () => {
    const [first, second] = [await start(), await start({Target: MACHINE.bastionB, Reason: 'why'})]
    await terminate(first.SessionId ?? '')
    const list = async (State: 'Active' | 'History', Filters?: {key: 'Target'; value: string}[]) =>
      (await as('alice').send(new DescribeSessionsCommand({State, Filters}))).Sessions?.map(({SessionId}) => SessionId)
    expect(await list('Active')).toEqual([second.SessionId])
    expect(await list('History')).toEqual([first.SessionId])
    expect(await list('Active', [{key: 'Target', value: MACHINE.bastionA}])).toEqual([])
  })

  it('lists them page by page, and refuses what AWS does', async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => (await start()).SessionId))
    const ask = (input: Partial<DescribeSessionsCommandInput>) =>
      as('alice').send(new DescribeSessionsCommand({State: 'Active', ...input}))
    const first = await ask({MaxResults: 2})
    const second = await ask({MaxResults: 2, NextToken: first.NextToken})
    const found = [first, second].map(({Sessions = []}) => Sessions.map(({SessionId}) => SessionId))
    expect(found.map(({length}) => length)).toEqual([2, 1])
    expect(found.flat().sort()).toEqual(ids.sort())
    expect(second.NextToken).toBeUndefined()
    const invalid = {name: 'ValidationException'}
    for (const MaxResults of [0, 201]) expect(await failureOf(ask({MaxResults}))).toMatchObject(invalid)
    expect(await failureOf(ask({Filters: []}))).toMatchObject(invalid)
    expect(await failureOf(ask({NextToken: 'x'}))).toMatchObject({name: 'InvalidNextToken'})
    expect(await failureOf(ask({State: 'History', NextToken: first.NextToken}))).toMatchObject({
      name: 'InvalidNextToken',
    })
    const Filters = [{key: 'Reason' as 'Target', value: 'x'}]
    expect(await failureOf(ask({Filters}))).toMatchObject({name: 'InvalidFilterKey'})
  })

  it.each([
    ['a port beyond 65535', {portNumber: ['65536']}, 'portNumber'],
    ['port 0', {portNumber: ['0']}, 'portNumber'],
    ['a port that is no number', {portNumber: ['5432 ']}, 'portNumber'],
    ['a local port beyond 65535', {localPortNumber: ['65536']}, 'localPortNumber'],
    ['a host with a shell character', {host: ['db;reboot']}, 'not matching'],
    ['a host that is too short', {host: ['db']}, 'not matching'],
    ['two hosts', {host: [HOST, HOST]}, 'single value'],
    ['no host', {host: []}, 'requires a value'],
    ['a parameter that the document does not have', {hostname: [HOST]}, 'hostname'],
  ])('refuses %s', async (_, change, message) => {
    const failure = await failureOf(parameters(change))
    expect(failure).toMatchObject({name: 'InvalidParameters', status: 400})
    expect(failure.message).toContain(message)
    expect(plane.granted).toEqual([])
  })

  it('takes every port and the whole range of reasons', async () => {
    await parameters({portNumber: ['1'], localPortNumber: ['65535']})
    await parameters({portNumber: ['65535'], localPortNumber: ['1']})
    await start({Reason: 'x'.repeat(256)})
    expect(await failureOf(start({Reason: 'x'.repeat(257)}))).toMatchObject({name: 'ValidationException'})
    expect(await failureOf(start({Reason: ''}))).toMatchObject({name: 'ValidationException'})
  })

  it('refuses a document that does not exist', async () => {
    const failure = await failureOf(start({DocumentName: 'AWS-StartTunnel'}, 'admin'))
    expect(failure).toMatchObject({name: 'InvalidDocument', status: 400})
  })

  it.each([
    ['stopped', MACHINE.stopped, 'TargetNotConnected', 'is not connected.'],
    ['without a connection', MACHINE.lost, 'TargetNotConnected', 'is not connected.'],
    ['without an agent', MACHINE.bare, 'TargetNotConnected', 'is not connected.'],
    ['unknown', 'i-00000000000000000', 'TargetNotConnected', 'is not connected.'],
    ['too old', MACHINE.old, 'BadRequest', "doesn't support port forwarding to remote hosts"],
    ['on premises without the advanced tier', MACHINE.onPremises, 'BadRequest', 'advanced-instances tier'],
  ])('refuses a node that is %s', async (_, Target, name, message) => {
    const failure = await failureOf(start({Target}, 'admin'))
    expect(failure).toMatchObject({name, status: 400})
    expect(failure.message).toContain(message)
    expect(plane.sessions.all()).toEqual([])
  })

  it('takes the oldest agent that knows remote hosts, and an on-premises node in the advanced tier', async () => {
    const node = plane.account.nodes.find(({id}) => id === MACHINE.bastionB)
    for (const [agentVersion, works] of [
      ['3.1.1373.9', false],
      ['3.1.1374.0', true],
      ['3.2.0.0', true],
      ['3.10.1.0', true],
      ['2.9.9999.0', false],
    ] as const) {
      Object.assign(node ?? {}, {agentVersion})
      const started = start({Target: MACHINE.bastionB})
      if (works) expect((await started).SessionId).toBeDefined()
      else expect(await failureOf(started)).toMatchObject({name: 'BadRequest'})
    }
    plane.account.advancedTier = true
    expect((await start({Target: MACHINE.onPremises})).SessionId).toBeDefined()
  })

  it('believes the machine, not the inventory', async () => {
    const node = plane.account.nodes.find(({id}) => id === MACHINE.bastionA)
    if (node) node.connected = false
    expect(await failureOf(start())).toMatchObject({name: 'TargetNotConnected'})
    if (node) node.connected = true
    const instance = plane.account.instances.find(({id}) => id === MACHINE.bastionA)
    if (instance) instance.state = 'stopped'
    expect(await failureOf(start())).toMatchObject({name: 'TargetNotConnected'})
  })
})
