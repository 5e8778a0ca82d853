import {once} from 'node:events'
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import type {IncomingMessage} from 'node:http'
import {connect, createServer, type Socket} from 'node:net'
import {TLSSocket} from 'node:tls'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {awsApi} from '../../src/adapters/aws/aws-api.js'
import type {AwsApi} from '../../src/core/ports/aws.js'
import {defaultAccount, MACHINE, REGION} from '../sandbox/account.js'
import {type AgentHub, startAgentHub} from '../sandbox/agent.js'
import {
  createClock,
  type ControlPlane,
  startControlPlane,
  KeyStore,
  SessionRegistry,
  refusalOfUpgrade,
} from '../sandbox/aws.js'
import {type Certificate} from '../sandbox/database.js'

/** AWS and agents without databases: what the agents dial is the test's affair. */
export interface SessionWorld {
  readonly hub: AgentHub
  readonly plane: ControlPlane
  readonly sessions: SessionRegistry
  /** The real SDK against it, signing as alice. */
  readonly aws: AwsApi
  /** For programs; TMPDIR is a fresh folder. */
  readonly environment: Record<string, string>
  readonly secretKey: string
  /** Answers each connection that an agent makes; undefined refuses them. */
  serve(onConnection: ((socket: Socket) => void) | undefined): void
  /** What lies in TMPDIR. */
  leftFiles(): Promise<string[]>
  /** Pids of the programs that were given this environment and run. */
  programs(): Promise<number[]>
  close(): Promise<void>
}

export const BASTIONS = [
  {id: MACHINE.bastionA, name: 'bastion-a'},
  {id: MACHINE.bastionB, name: 'bastion-b'},
]
export {REGION}

const SSL_REQUEST = Buffer.from([0x00, 0x00, 0x00, 0x08, 0x04, 0xd2, 0x16, 0x2f])

/** As much of a database as a probe sees; says everything else back. */
export function echoBehindTls(certificate: Certificate): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', (first) => {
      if (first.equals(SSL_REQUEST)) {
        socket.write('S')
        new TLSSocket(socket, {isServer: true, ...certificate}).on('error', () => {}).resume()
      } else {
        socket.write(first)
        socket.pipe(socket)
      }
    })
  }
}

export async function startSessionWorld(): Promise<SessionWorld> {
  const clock = createClock()
  const keys = new KeyStore([defaultAccount()], clock)
  const sessions = new SessionRegistry()
  const server = await startServer()
  const dial = async (): Promise<Socket> => {
    const socket = connect(server.port(), '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  const verifyUpgrade = (request: IncomingMessage): string | undefined => {
    // A session that a test gave to the hub itself is unknown to AWS.
    const isKnown = sessions.all().some(({id}) => request.url?.includes(encodeURIComponent(id)))
    return isKnown ? refusalOfUpgrade(request, {region: REGION, keys, clock, sessions}) : undefined
  }
  const hub = await startAgentHub({dial, verifyUpgrade})
  hub.onEnded(({sessionId, cause}) => sessions.end(sessionId, cause, clock.now()))
  const plane = await startControlPlane({region: REGION, keys, clock, sessions, dataPlane: hub})

  const folder = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
  const {accessKeyId, secretKey, sessionToken} = keys.keysOf('alice')
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    TMPDIR: folder,
    AWS_ENDPOINT_URL: plane.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretKey,
    ...(sessionToken === undefined ? {} : {AWS_SESSION_TOKEN: sessionToken}),
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  // The SDK reads its settings from our own environment.
  const before = {...process.env}
  for (const [name, value] of Object.entries(environment)) if (name.startsWith('AWS_')) process.env[name] = value
  return {
    hub,
    plane,
    sessions,
    aws: awsApi({region: REGION, say: {debug: () => {}, notice: () => {}}}),
    environment,
    secretKey,
    serve: (onConnection) => server.serve(onConnection),
    leftFiles: () => readdir(folder),
    async programs() {
      const environments = await ofAllProcesses('environ')
      return environments.filter(({text}) => text.includes(`HOME=${folder}\0`)).map(({pid}) => pid)
    },
    async close() {
      for (const name of Object.keys(environment)) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
      await hub.close()
      await plane.close()
      await server.stop()
      await rm(folder, {recursive: true})
    },
  }
}

/** One listener whose manners can be changed; without any it is closed, so that dials are refused. */
async function startServer() {
  let onConnection: ((socket: Socket) => void) | undefined
  const sockets = new Set<Socket>()
  const server = createServer({allowHalfOpen: true}, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    onConnection?.(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as {port: number}
  return {
    // Nothing listens on port 1.
    port: () => (onConnection ? port : 1),
    serve: (next: typeof onConnection) => void (onConnection = next),
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The command lines of all processes. */
export async function allCommandLines(): Promise<string> {
  return (await ofAllProcesses('cmdline')).map(({text}) => text).join('\n')
}

async function ofAllProcesses(what: 'cmdline' | 'environ'): Promise<{pid: number; text: string}[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  return Promise.all(
    pids.map(async (pid) => ({pid, text: await readFile(`/proc/${pid}/${what}`, 'latin1').catch(() => '')})),
  )
}
