import {createServer, type IncomingMessage} from 'node:http'
import type {AddressInfo, Socket} from 'node:net'
import {WebSocketServer} from 'ws'
import {type Behaviour, FAULTLESS, REAL_TIMING, type SilentStep, type Timing} from './behaviour.js'
import type {SessionEnd, SessionFacts} from './facts.js'
import type {Grant} from './service-messages.js'
import {AgentSession, type Dial} from './session.js'

export type {Behaviour, Dial, Grant, SessionEnd, SessionFacts, Timing}

export interface HubOptions {
  readonly dial: Dial
  /** What an agent finds for a name, once, when its session starts; `dial` gets that. */
  readonly resolve?: (host: string) => string
  /** Asked for each signed upgrade; a reason refuses it with 403. */
  readonly verifyUpgrade?: (request: IncomingMessage) => string | undefined | Promise<string | undefined>
  readonly log?: (line: string) => void
  /** What stream URLs begin with, in place of the hub's own URL: a proxy leads from there to here. */
  readonly streamOrigin?: string
  readonly behaviour?: Partial<Behaviour>
  readonly timing?: Partial<Timing>
}

/**
 * The data channel's far end on loopback: Session Manager's WebSocket endpoint
 * and the agents behind it. Where a session id may be left out, all are meant.
 */
export interface AgentHub {
  /** ws://127.0.0.1:PORT */
  readonly url: string
  /** StartSession was granted: a client may open the channel once with this token. */
  open(grant: Grant): {readonly streamUrl: string}
  /** ResumeSession: another token, good for one opening; the one before is dead. False when there is no such session. */
  renew(sessionId: string, token: string): boolean
  /** TerminateSession: channel_closed with `output`, then a close frame. False when it is over already. */
  terminate(sessionId: string, output?: string): boolean
  /** Called for every session that ends, once, whatever the cause. */
  onEnded(callback: (end: SessionEnd) => void): void
  sessions(): SessionFacts[]
  /** Throws when there never was such a session. */
  session(sessionId: string): SessionFacts

  /** Changes how sessions behave; without an id later ones, too. */
  behave(change: Partial<Behaviour>, sessionId?: string): void
  /** The agent of this machine, in sessions that begin from now on, says nothing from that step on. */
  fallSilent(target: string, from: SilentStep | undefined): void
  /** TCP reset of every WebSocket, without a close frame. */
  cut(sessionId?: string): void
  /** TCP reset in the place of the k-th binary message from now, counted both ways, session by session. */
  cutAt(k: number, sessionId?: string): void
  /** A partition: everything is swallowed both ways, new upgrades get no answer, nothing is closed. */
  hold(sessionId?: string): void
  release(sessionId?: string): void
  /** A close frame, as the service sends about hourly. The session goes on. */
  hangUp(sessionId?: string, code?: number, reason?: string): void
  /** The next `count` upgrades are refused with this HTTP status. */
  refuseUpgrades(count: number, status?: number): void
  /** start_publication or pause_publication to client and agent. */
  publication(kind: 'start' | 'pause', sessionId?: string): void

  /** Ends all sessions at once and leaves nothing open. */
  close(): Promise<void>
}

export async function startAgentHub(options: HubOptions): Promise<AgentHub> {
  const {dial, resolve = (host) => host, verifyUpgrade = () => undefined, log = () => {}} = options
  const timing = {...REAL_TIMING, ...options.timing}
  let behaviour: Behaviour = {...FAULTLESS, ...options.behaviour}
  let refusals = {count: 0, status: 503}
  const silent = new Map<string, SilentStep>()
  const sessions = new Map<string, AgentSession>()
  const sockets = new Set<Socket>()
  const listeners: ((end: SessionEnd) => void)[] = []

  const webSockets = new WebSocketServer({noServer: true, perMessageDeflate: false, autoPong: false})
  const server = createServer((request, response) => response.writeHead(426).end())
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, stream, head: Buffer) => {
    stream.on('error', () => {})
    accept(request, stream as Socket, head).catch((error: unknown) => refuse(stream as Socket, 500, String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function accept(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    if (refusals.count > 0) {
      refusals.count--
      return refuse(socket, refusals.status, 'refused on purpose')
    }
    const path = request.url ?? ''
    const session = sessions.get(decodeURIComponent(/^\/v1\/data-channel\/([^/?]+)/.exec(path)?.[1] ?? ''))
    if ((session?.held ?? behaviour.held) || session?.silentFrom === 'websocket') return
    if (session === undefined || session.ended) return refuse(socket, 404, 'no such session')
    if (session.path !== path) return refuse(socket, 400, 'not the stream URL that was given')
    const signed = isSigned(request)
    const reason = signed ? await verifyUpgrade(request) : undefined
    if (reason !== undefined) return refuse(socket, 403, reason)
    if (socket.destroyed) return
    webSockets.handleUpgrade(request, socket, head, (webSocket) => session.connect(webSocket, socket, signed))
  }

  function refuse(socket: Socket, status: number, reason: string): void {
    log(`upgrade refused with ${status}: ${reason}`)
    socket.end(
      `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
    )
  }

  function chosen(sessionId: string | undefined): AgentSession[] {
    return sessionId === undefined ? [...sessions.values()] : [known(sessionId)]
  }

  function known(sessionId: string): AgentSession {
    const session = sessions.get(sessionId)
    if (session === undefined) throw new Error(`no session ${sessionId}`)
    return session
  }

  function behave(change: Partial<Behaviour>, sessionId?: string): void {
    if (sessionId === undefined) behaviour = {...behaviour, ...change}
    for (const session of chosen(sessionId)) session.behave(change)
  }

  return {
    url,
    open(grant) {
      if (sessions.has(grant.sessionId)) throw new Error(`session ${grant.sessionId} exists`)
      const onEnd = (end: SessionEnd): void => listeners.forEach((listener) => listener(end))
      const own = {...behaviour, silentFrom: silent.get(grant.target ?? '') ?? behaviour.silentFrom}
      const session = new AgentSession({grant, behaviour: own, timing, address: resolve(grant.host), dial, log, onEnd})
      sessions.set(session.id, session)
      return {streamUrl: (options.streamOrigin ?? url) + session.path}
    },
    renew(sessionId, token) {
      const session = sessions.get(sessionId)
      if (session === undefined || session.ended) return false
      session.renew(token)
      return true
    },
    terminate(sessionId, output = '') {
      const session = sessions.get(sessionId)
      if (session === undefined || session.ended) return false
      session.end('api', output)
      return true
    },
    onEnded: (callback) => void listeners.push(callback),
    sessions: () => [...sessions.values()].map((session) => session.facts()),
    session: (sessionId) => known(sessionId).facts(),
    behave,
    fallSilent: (target, from) => void (from ? silent.set(target, from) : silent.delete(target)),
    cut: (sessionId) => chosen(sessionId).forEach((session) => session.cut()),
    cutAt: (k, sessionId) => chosen(sessionId).forEach((session) => session.cutAt(k)),
    hold: (sessionId) => behave({held: true}, sessionId),
    release: (sessionId) => behave({held: false}, sessionId),
    hangUp: (sessionId, code = 1001, reason = 'Going away') =>
      chosen(sessionId).forEach((session) => session.hangUp(code, reason)),
    refuseUpgrades: (count, status = 503) => void (refusals = {count, status}),
    publication: (kind, sessionId) => chosen(sessionId).forEach((session) => session.publication(kind)),
    async close() {
      listeners.length = 0
      for (const session of sessions.values()) session.end('hub-closed', '')
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function isSigned(request: IncomingMessage): boolean {
  return request.headers.authorization?.startsWith('AWS4-HMAC-SHA256') === true
}
