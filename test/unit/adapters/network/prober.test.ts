import {execFile} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {TLSSocket} from 'node:tls'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {afterEach, beforeAll, describe, expect, it} from 'vitest'
import {prober} from '../../../../src/adapters/network/prober.js'
import type {Conversation, ProbeOutcome, ProbeRequest} from '../../../../src/core/ports/network.js'
import {
  type Authority,
  type Certificate,
  createAuthority,
  EXPIRED,
  NOT_YET_VALID,
  selfSign,
} from '../../../sandbox/database.js'

const HOST = 'prod-db.c1.eu-west-1.rds.amazonaws.com'
const COMPILER = new URL('../../../support/compile.js', import.meta.url).href
const ASK = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/** As PostgreSQL is asked. */
const talk: Conversation = async (line) => {
  line.write(ASK)
  const [answer] = await line.read(1)
  if (answer !== 'S'.charCodeAt(0)) return 'no-tls'
  await line.encrypt()
  return 'answered'
}

let authority: Authority
let stranger: Authority
const servers: Server[] = []

beforeAll(async () => {
  authority = await createAuthority('Sandbox Root')
  stranger = await createAuthority('Stranger\u009b2J Root')
})

afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** What a server saw of one TLS connection, from its own side. */
interface Seen {
  servername: string | false | null
  bytes: number
  end: 'end' | 'reset'
}

function serveTls(certificate: Certificate, first: Buffer = Buffer.from('S')): Promise<number> & {seen: Promise<Seen>} {
  let saw!: (seen: Seen) => void
  const seen = new Promise<Seen>((resolve) => (saw = resolve))
  const port = serve((socket) => {
    socket.once('data', (bytes) => {
      expect(bytes).toEqual(ASK)
      socket.write(first)
      const tls = new TLSSocket(socket, {isServer: true, ...certificate})
      let count = 0
      tls.on('data', (data: Buffer) => (count += data.length))
      const note = (end: Seen['end']): void => saw({servername: tls.servername, bytes: count, end})
      tls.on('end', () => note('end'))
      tls.on('error', () => note('reset'))
    })
  })
  return Object.assign(port, {seen})
}

function probe(port: number, more: Partial<ProbeRequest> = {}, signal?: AbortSignal): Promise<ProbeOutcome> {
  const request = {port, host: HOST, authorities: authority.root, verifyName: true, talk, timeoutMs: 5000, ...more}
  return prober.probe(request, signal)
}

describe('a database that is what it should be', () => {
  it('is asked by name, answers, and sees the handshake finished and then an orderly end', async () => {
    const server = serveTls(await authority.issue([HOST]))
    const outcome = await probe(await server)
    expect(outcome).toMatchObject({kind: 'answered', tls: 'TLSv1.3'})
    // The authority's certificate ends later.
    const days = outcome.kind === 'answered' && (outcome.validUntil - Date.now()) / (24 * 60 * 60_000)
    expect(days).toBeCloseTo(30, 1)
    expect(await server.seen).toEqual({servername: HOST, bytes: 0, end: 'end'})
  })

  it('may have a certificate for another name under verify-ca', async () => {
    const server = serveTls(await authority.issue(['reader.example']))
    expect(await probe(await server, {verifyName: false})).toMatchObject({kind: 'answered'})
  })

  it('is found with any of several authorities', async () => {
    const server = serveTls(await authority.issue([HOST]))
    const authorities = stranger.root + '\n' + authority.root
    expect(await probe(await server, {authorities})).toMatchObject({kind: 'answered'})
  })
})

describe('a certificate that is not trusted', () => {
  const day = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(0, 10)
  const cases: [string, () => Promise<Certificate>, () => string][] = [
    [
      'another name',
      () => authority.issue(['a.example', 'b.example']),
      () => `its certificate is for a.example, b.example and not for ${HOST}`,
    ],
    [
      'many other names',
      () => authority.issue(['a.example', 'b.example', 'c.example', 'd.example', 'e.example']),
      () => `its certificate is for a.example, b.example, c.example and 2 more names and not for ${HOST}`,
    ],
    [
      'a name above',
      () => authority.issue(['*.rds.amazonaws.com']),
      () => `its certificate is for *.rds.amazonaws.com and not for ${HOST}`,
    ],
    [
      'another authority',
      () => stranger.issue([HOST]),
      () => 'its certificate is signed by an authority that is not trusted (Stranger?2J Root)',
    ],
    ['itself', () => selfSign([HOST]), () => 'its certificate is signed by itself'],
    ['the past', () => authority.issue([HOST], EXPIRED), () => `its certificate expired on ${day(EXPIRED.until)}`],
    [
      'the future',
      () => authority.issue([HOST], NOT_YET_VALID),
      () => `its certificate is valid only from ${day(NOT_YET_VALID.from)} on`,
    ],
  ]

  it.each(cases)('of %s', async (_, make, reason) => {
    const server = serveTls(await make())
    expect(await probe(await server)).toEqual({kind: 'untrusted', reason: reason()})
    expect(await server.seen).toMatchObject({bytes: 0, end: 'end'})
  })

  it('is not accepted under verify-ca either when the authority is another', async () => {
    const server = serveTls(await stranger.issue([HOST]))
    expect(await probe(await server, {verifyName: false})).toMatchObject({kind: 'untrusted'})
  })

  it('is not accepted when no authority is given', async () => {
    const server = serveTls(await authority.issue([HOST]))
    expect(await probe(await server, {authorities: ''})).toMatchObject({kind: 'untrusted'})
  })
})

describe("Node's own authorities", () => {
  it('count for nothing, also when none is given', {timeout: 30_000}, async () => {
    const server = serveTls(await stranger.issue([HOST]))
    const folder = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
    const roots = join(folder, 'roots.pem')
    await writeFile(roots, stranger.root)
    const compiler = (await import(COMPILER)) as {compile(module: string): Promise<string>}
    const module = await compiler.compile(
      fileURLToPath(new URL('../../../../src/adapters/network/prober.ts', import.meta.url)),
    )
    // Node reads them at its start only.
    const program = `const {prober} = await import(${JSON.stringify(module)})
      const talk = async (line) => {
        line.write(Uint8Array.from(${JSON.stringify([...ASK])}))
        await line.read(1)
        await line.encrypt()
        return 'answered'
      }
      const request = {port: ${await server}, host: '${HOST}', authorities: '', verifyName: true, talk, timeoutMs: 5000}
      process.stdout.write((await prober.probe(request)).kind)`
    const argv = ['--input-type=module', '-e', program]
    const {stdout} = await promisify(execFile)(process.execPath, argv, {env: {NODE_EXTRA_CA_CERTS: roots}})
    await rm(folder, {recursive: true})
    expect(stdout).toBe('untrusted')
  })
})

describe('no database', () => {
  it('where nothing listens', async () => {
    const port = await serve(() => {})
    servers.pop()?.close()
    expect(await probe(port)).toEqual({kind: 'closed'})
  })

  it.each<[string, (socket: Socket) => void]>([
    ['closes at once', (socket) => socket.end()],
    ['resets at once', (socket) => socket.resetAndDestroy()],
    ['closes after the question', (socket) => socket.once('data', () => socket.end())],
    ['closes in the handshake', (socket) => socket.once('data', () => socket.end('S'))],
  ])('that %s', async (_, onConnection) => {
    expect(await probe(await serve(onConnection))).toEqual({kind: 'closed'})
  })

  it.each<[string, string]>([
    ['refuses encryption', 'N'],
    ['answers with an error', 'E\0\0\0\x0ctoo many'],
    ['speaks first', '220 mail.example ESMTP\r\n'],
  ])('that %s', async (_, answer) => {
    const port = await serve((socket) => socket.once('data', () => socket.write(answer)))
    expect(await probe(port)).toEqual({kind: 'clear'})
  })

  it('that slips something in before encryption', async () => {
    const server = serveTls(await authority.issue([HOST]), Buffer.from('Sx'))
    expect(await probe(await server)).toEqual({
      kind: 'untrusted',
      reason: 'more than the answer came before encryption began',
    })
  })

  it('that agrees and then speaks no TLS', async () => {
    const port = await serve((socket) =>
      socket.once('data', () => {
        socket.write('S')
        socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
      }),
    )
    expect(await probe(port)).toMatchObject({
      kind: 'untrusted',
      reason: expect.stringMatching(/^the TLS handshake failed/),
    })
  })

  it.each<[string, (socket: Socket) => void]>([
    ['says nothing', () => {}],
    ['stops in the handshake', (socket) => socket.once('data', () => socket.write('S'))],
  ])('that %s', async (_, onConnection) => {
    let closed!: () => void
    const gone = new Promise<void>((resolve) => (closed = resolve))
    const port = await serve((socket) => {
      socket.on('close', closed).resume()
      onConnection(socket)
    })
    expect(await probe(port, {timeoutMs: 50})).toEqual({kind: 'silent'})
    await gone
  })
})

describe('a kind whose server speaks first, and that logs in', () => {
  const GREETING = Buffer.from('hello')
  const refusal = new Error('refused')

  /** Greets, agrees, and answers one login. */
  async function serveGreeter(certificate: Certificate, answer: string): Promise<{port: number; said: string[]}> {
    const said: string[] = []
    const port = await serve((socket) => {
      socket.write(GREETING)
      socket.once('readable', () => {
        // No more than that: the handshake may have come with it.
        said.push(`clear ${String(socket.read('tls?'.length))}`)
        const tls = new TLSSocket(socket, {isServer: true, ...certificate})
        tls.on('error', () => {})
        tls.on('data', (data: Buffer) => {
          said.push(`encrypted ${data.toString()}`)
          tls.write(answer)
        })
      })
    })
    return {port, said}
  }

  const login: Conversation = async (line) => {
    expect(Buffer.from(await line.read(GREETING.length)).toString()).toBe('hello')
    line.write(Buffer.from('tls?'))
    await line.encrypt()
    line.write(Buffer.from('token'))
    const [first, second] = [await line.read(1), await line.read(1)]
    if (Buffer.concat([first, second]).toString() === 'ok') return 'answered'
    throw refusal
  }

  it('is answered once it is let in', async () => {
    const {port, said} = await serveGreeter(await authority.issue([HOST]), 'ok')
    expect(await probe(port, {talk: login})).toMatchObject({kind: 'answered'})
    expect(said).toEqual(['clear tls?', 'encrypted token'])
  })

  it('tells its own error where it is not', async () => {
    const {port} = await serveGreeter(await authority.issue([HOST]), 'no')
    await expect(probe(port, {talk: login})).rejects.toBe(refusal)
  })

  it('sends nothing to a server that did not prove its identity', async () => {
    const {port, said} = await serveGreeter(await stranger.issue([HOST]), 'ok')
    expect(await probe(port, {talk: login})).toMatchObject({kind: 'untrusted'})
    expect(said).toEqual(['clear tls?'])
  })

  it('takes an answer that comes in two parts, and lets time pass between them', async () => {
    const port = await serve((socket) => {
      socket.write(GREETING.subarray(0, 2))
      setTimeout(() => socket.write(GREETING.subarray(2)), 20)
    })
    const heard: string[] = []
    const listens: Conversation = async (line) => {
      heard.push(Buffer.from(await line.read(GREETING.length)).toString())
      return 'answered'
    }
    await probe(port, {talk: listens})
    expect(heard).toEqual(['hello'])
  })

  it('ends where the server leaves in the middle of an answer', async () => {
    const port = await serve((socket) => socket.end('hel'))
    expect(await probe(port, {talk: login})).toEqual({kind: 'closed'})
  })

  it('has proven nothing in clear text, whatever it says', async () => {
    const port = await serve((socket) => socket.write(GREETING))
    const careless: Conversation = async (line) => {
      await line.read(GREETING.length)
      return 'answered'
    }
    expect(await probe(port, {talk: careless})).toEqual({kind: 'clear'})
  })

  it('is over in time, though its token is not', async () => {
    const {port} = await serveGreeter(await authority.issue([HOST]), 'ok')
    const slow: Conversation = () => new Promise(() => {})
    expect(await probe(port, {talk: slow, timeoutMs: 50})).toEqual({kind: 'silent'})
  })
})

describe('an abort', () => {
  it('rejects with its reason and closes the connection', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const closed = new Promise<void>((resolve) => {
      void serve((socket) => {
        socket.on('close', () => resolve()).resume()
        stop.abort(reason)
      }).then((port) => expect(probe(port, {}, stop.signal)).rejects.toBe(reason))
    })
    await closed
    await expect(probe(1, {}, stop.signal)).rejects.toBe(reason)
  })
})
