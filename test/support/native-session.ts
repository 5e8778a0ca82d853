import {createHash, randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {connect, type Socket} from 'node:net'
import {systemClock} from '../../src/adapters/processes/clock.js'
import {overflow} from '../../src/adapters/files/overflow.js'
import {webSocketPort} from '../../src/adapters/network/websocket.js'
import type {Run} from '../../src/core/run.js'
import {Teardown} from '../../src/core/teardown.js'
import {nativeCarrier, type NativeOptions} from '../../src/links/session/native/carrier.js'
import type {NativePorts} from '../../src/links/session/native/native-session.js'
import type {Carry} from '../../src/links/link.js'
import {type AgentHub} from '../sandbox/agent.js'
import {atLocalEnd, type SessionAtLocalEnd} from './at-local-end.js'

/** A run that nothing interrupts, unless the test does. */
export function quietRun(): Run & {readonly undo: Teardown; readonly lines: string[]; abort(reason: Error): void} {
  const stop = new AbortController()
  const lines: string[] = []
  return {
    signal: stop.signal,
    undo: new Teardown(),
    say: {notice: (line) => void lines.push(line), debug: (line) => void lines.push(line)},
    divert: () => () => {},
    lines,
    abort: (reason) => stop.abort(reason),
  }
}

export interface OpenOptions extends NativeOptions {
  readonly agentVersion?: string
  readonly timeoutMs?: number
  readonly ports?: Partial<Omit<NativePorts, 'aws'>>
  readonly ssm?: Partial<NativePorts['aws']['ssm']>
  readonly run?: Run
}

/** Opens a session with the native engine and real sockets to `hub`, unpaced unless told otherwise. */
export async function openNative(hub: AgentHub, options: OpenOptions = {}): Promise<SessionAtLocalEnd> {
  const sessionId = `alice-${randomUUID()}`
  const token = randomUUID()
  const {agentVersion = '3.3.2299.0', timeoutMs = 10_000, run = quietRun()} = options
  const {streamUrl} = hub.open({sessionId, token, agentVersion, host: 'db.internal', port: 5432, localPort: 0})
  const engine = nativeCarrier(
    {
      aws: {
        ssm: {
          async resumeSession(id) {
            const tokenValue = randomUUID()
            if (!hub.renew(id, tokenValue)) throw new Error('no such session')
            return {tokenValue}
          },
          ...options.ssm,
        },
        signing: {upgradeHeaders: () => Promise.resolve({})},
      },
      webSocket: webSocketPort,
      clock: systemClock,
      overflow,
      ...options.ports,
    },
    {uploadBytesPerSecond: options.uploadBytesPerSecond ?? 'unlimited'},
  )
  const carry: Carry = {
    grant: {sessionId, tokenValue: token, streamUrl},
    bastion: {id: 'i-0123456789abcdef0'},
    region: 'eu-west-1',
    request: {target: 'i-0123456789abcdef0', document: 'AWS-StartPortForwardingSessionToRemoteHost', parameters: {}},
    limits: {webSocketMs: timeoutMs, handshakeMs: timeoutMs},
  }
  return atLocalEnd(await engine.open(carry, run))
}

/** Connects to a session's local port as a program would. */
export async function dialLocal(port: number): Promise<Socket> {
  const socket = connect({port, host: '127.0.0.1', allowHalfOpen: true})
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Reads so many bytes, or up to the end, also from a socket that was paused; `error` when it ended with one. */
export async function readAll(
  socket: Socket,
  length = Infinity,
): Promise<{bytes: Buffer; error: NodeJS.ErrnoException | undefined}> {
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve) => {
    const done = (error?: NodeJS.ErrnoException): void => {
      socket.off('data', onData).off('end', onEnd).off('error', done).off('close', onEnd)
      resolve({bytes: Buffer.concat(chunks), error})
    }
    const onEnd = (): void => done(socket.errored ?? undefined)
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk)
      size += chunk.length
      if (size >= length) done()
    }
    socket.on('data', onData).on('end', onEnd).on('error', done).on('close', onEnd).resume()
    if (socket.destroyed) onEnd()
  })
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
