import type {Socket} from 'node:net'
import type {WebSocket} from 'ws'
import type {Behaviour} from './behaviour.js'
import type {Counters, SessionEnd} from './facts.js'
import {Link} from './link.js'
import {channelClosed} from './service-messages.js'
import {readOpenFrame} from './strict.js'

export interface SessionGatewayHandlers {
  readonly behaviour: () => Behaviour
  readonly random: () => number
  readonly counters: Counters
  readonly log: (line: string) => void
  /** A client has opened the channel with a good token; it is `link` from now on. */
  readonly onAdmitted: () => void
  readonly onMessage: (message: Buffer) => void
  /** The admitted client's WebSocket is gone. */
  readonly onLost: () => void
  readonly onDrain: () => void
  readonly onFault: (fault: string) => void
}

/** Session Manager's part of a session: its token, its WebSockets, and which of them is the client's. */
export class SessionGateway {
  readonly #sessionId: string
  readonly #handlers: SessionGatewayHandlers
  readonly #links = new Set<Link>()
  readonly #requestIds = new Set<string>()
  #token: string | undefined
  #clientId: string | undefined
  #cutAt: number | undefined
  #end: SessionEnd | undefined
  link: Link | undefined

  constructor(sessionId: string, token: string, handlers: SessionGatewayHandlers) {
    this.#sessionId = sessionId
    this.#token = token
    this.#handlers = handlers
  }

  renew(token: string): void {
    this.#token = token
  }

  /** Takes over a WebSocket whose upgrade was accepted. Its first frame must be OpenDataChannel. */
  connect(webSocket: WebSocket, socket: Socket): void {
    const {behaviour, random, counters, onDrain} = this.#handlers
    const link = new Link(webSocket, socket, {
      behaviour,
      random,
      mayCross: () => this.#cutAt === undefined || --this.#cutAt > 0,
      onText: (text) => this.#onText(link, text),
      onMessage: (message) => {
        if (link === this.link) this.#handlers.onMessage(message)
        else link.finish(1008, 'Data before OpenDataChannel')
      },
      onPing: () => counters.pings++,
      onDrain,
      onClose: () => this.#onClose(link),
    })
    this.#links.add(link)
  }

  cut(): void {
    for (const link of this.#links) link.reset()
  }

  cutAt(k: number): void {
    this.#cutAt = k
  }

  hangUp(code: number, reason: string): void {
    for (const link of this.#links) link.finish(code, reason)
  }

  /** The session is over. Told at once, or when the line is whole again. */
  shut(end: SessionEnd): void {
    this.#end = end
    this.#token = undefined
    this.sayFarewell()
  }

  sayFarewell(): void {
    if (this.#end === undefined) return
    const {cause, detail} = this.#end
    if (cause === 'hub-closed') this.cut()
    else if (cause === 'violation') this.hangUp(1008, detail.slice(0, 120))
    else {
      this.link?.finish(1000, '', channelClosed(this.#sessionId, detail, this.#handlers.behaviour().nulPadding))
      this.hangUp(1000, '')
    }
  }

  #onText(link: Link, text: string): void {
    const {counters, log, onFault, onAdmitted} = this.#handlers
    if (link === this.link) return onFault('text frame behind OpenDataChannel')
    const {token, requestId, clientId, fault} = readOpenFrame(text)
    if (this.#token === undefined || token !== this.#token) {
      counters.refusedOpens++
      log(`session ${this.#sessionId}: OpenDataChannel with a wrong token`)
      return link.finish(1008, 'Invalid token')
    }
    if (fault !== undefined) onFault(fault)
    if (this.#requestIds.has(requestId)) onFault('OpenDataChannel with an old RequestId')
    if (clientId !== (this.#clientId ?? clientId)) onFault('OpenDataChannel with another ClientId')
    if (this.#end !== undefined) return
    this.#token = undefined
    this.#requestIds.add(requestId)
    this.#clientId = clientId
    this.link?.finish(1000, 'replaced')
    this.link = link
    counters.opens++
    onAdmitted()
  }

  #onClose(link: Link): void {
    this.#links.delete(link)
    if (link !== this.link) return
    this.link = undefined
    if (this.#cutAt !== undefined && this.#cutAt <= 0) this.#cutAt = undefined
    if (this.#end === undefined) this.#handlers.log(`session ${this.#sessionId}: WebSocket lost`)
    this.#handlers.onLost()
  }
}
