import type {Duplex} from 'node:stream'
import type WebSocket from 'ws'
import {UpgradeRefused, type WebSocketLink, type WebSocketPort} from '../../core/ports/network.js'
import {awsAuthorities} from '../aws/authorities.js'
import {FrameBatch} from './frame-batch.js'
import {proxyFor} from './proxy.js'

/** Far above what the service sends; a larger message is a mistake or an attack. */
const MOST_MESSAGE = 4 * 1024 * 1024

export const webSocketPort: WebSocketPort = {
  async connect(url, headers, signal) {
    const proxy = proxyFor(new URL(url))
    const [{WebSocket}, ca] = await Promise.all([import('ws'), awsAuthorities()])
    const agent = proxy && new (await import('./proxy-agent.js')).ProxyAgent(proxy, ca)
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const socket = new WebSocket(url, {
        headers,
        ...(agent ? {agent} : {ca}),
        perMessageDeflate: false,
        maxPayload: MOST_MESSAGE,
        // Also with NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment: the first message holds the session's token.
        rejectUnauthorized: true,
      })
      let stream: Duplex | undefined
      const onAbort = (): void => {
        reject(signal?.reason as Error)
        socket.terminate()
      }
      signal?.addEventListener('abort', onAbort, {once: true})
      socket.on('upgrade', (response) => (stream = response.socket))
      socket.on('unexpected-response', (request, response) => {
        const {statusCode = 0, statusMessage = ''} = response
        reject(new UpgradeRefused(statusCode, `the WebSocket was refused with HTTP ${statusCode} ${statusMessage}`))
        request.destroy()
      })
      // After opening, 'close' follows and tells.
      socket.on('error', (error) => reject(error))
      socket.on('close', () => signal?.removeEventListener('abort', onAbort))
      socket.on('open', () => {
        signal?.removeEventListener('abort', onAbort)
        // Until somebody listens.
        socket.pause()
        resolve(linkOver(socket, stream!))
      })
    })
  },
}

/** `stream` is the connection beneath. */
function linkOver(socket: WebSocket, stream: Duplex): WebSocketLink {
  const batch = new FrameBatch(stream)
  return {
    send(data) {
      if (socket.readyState !== socket.OPEN) return
      if (typeof data !== 'string') return batch.push(data)
      batch.flush()
      socket.send(data, ignoreLateError)
    },
    get bufferedBytes() {
      return socket.bufferedAmount + batch.length
    },
    onMessage(callback) {
      socket.on('message', (data, isBinary) => callback(isBinary ? (data as Buffer) : (data as Buffer).toString()))
      socket.resume()
    },
    onClose(callback) {
      socket.on('close', (code, reason) => callback({code, reason: reason.toString()}))
    },
    ping() {
      if (socket.readyState !== socket.OPEN) return
      batch.flush()
      socket.ping()
    },
    onPong(callback) {
      socket.on('pong', () => callback())
    },
    pause() {
      socket.pause()
    },
    resume() {
      socket.resume()
    },
    close() {
      batch.flush()
      socket.close()
    },
    terminate() {
      socket.terminate()
    },
  }
}

/** ws tells of a send on a closing socket; 'close' says the same. */
function ignoreLateError(): void {}
