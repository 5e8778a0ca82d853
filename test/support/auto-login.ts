import {connect, type Socket} from 'node:net'
import type {OpenedTunnel} from '../../src/core/results/opened-tunnel.js'
import type {Sandbox} from '../sandbox/sandbox.js'
import {type Running, type RunOptions, start} from './dbtunnel.js'
import {until} from './until.js'

/** A tunnel whose local end logs in by itself. */
export interface LoginTunnel {
  readonly env: Record<string, string>
  readonly running: Running
  /** Lines for a shell. */
  readonly block: string
  /** Path of the socket. */
  readonly socket: string
  /** 0 where there is none. */
  readonly port: number
  /** The id of its first session. */
  readonly session: string
}

let marks = 0

/** `dbtunnel open prod-db --auto-login`, once it is ready. */
export async function openAutoLogin(
  sandbox: Sandbox,
  words: readonly string[] = [],
  {env: more = {}, ...options}: Partial<RunOptions> = {},
): Promise<LoginTunnel> {
  const mark = `auto-login-${++marks}`
  const env = {...sandbox.env(), DBTUNNEL_ENGINE: 'native', DBTUNNEL_REASON: mark, ...more}
  const running = start(['open', 'prod-db', '--auto-login', ...words], {detached: true, ...options, env})
  const early = running.ended.then(({stderr}) => {
    throw new Error(`ended too early: ${stderr}`)
  })
  await Promise.race([until('the block', () => /DBTUNNEL_URL.*\n/.test(running.stdout())), early])
  early.catch(() => {})
  const fact = (name: string): string => new RegExp(`^  ${name} +(\\S+)`, 'm').exec(running.stderr())?.[1] ?? ''
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(running.stderr())?.[1] ?? 0)
  return {env, running, block: running.stdout(), socket: fact('socket'), port, session: fact('session')}
}

/** The same as a script has it. */
export function openedIn(stdout: string): OpenedTunnel {
  return JSON.parse(stdout) as OpenedTunnel
}

/** What became of a connection on which these pieces were sent, one after another. */
export interface Fate {
  readonly received: Buffer
  readonly how: 'ended' | 'reset' | 'open'
}

/** Sends pieces, and waits until the connection is over, or for `ms` milliseconds. */
export async function send(
  where: {readonly path: string} | {readonly port: number},
  pieces: readonly Uint8Array[],
  ms = 15_000,
): Promise<Fate> {
  const socket: Socket = 'path' in where ? connect(where) : connect(where.port, '127.0.0.1')
  let received = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => (received = Buffer.concat([received, bytes])))
  const over = new Promise<Fate['how']>((resolve) => {
    socket.once('error', () => resolve('reset'))
    socket.once('end', () => resolve('ended'))
    setTimeout(() => resolve('open'), ms).unref()
  })
  for (const piece of pieces) {
    if (socket.destroyed) break
    socket.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const how = await over
  socket.destroy()
  return {received, how}
}
