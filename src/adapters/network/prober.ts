import type {X509Certificate} from 'node:crypto'
import {connect, type Socket} from 'node:net'
import {checkServerIdentity, connect as connectTls, type TLSSocket} from 'node:tls'
import type {ProbeOutcome, ProbeRequest, Prober} from '../../core/ports/network.js'
import {explainDistrust} from './certificate.js'

/** How long the far side may take to close a connection that it has answered. */
const FAREWELL_MS = 1000

export const prober: Prober = {
  async probe(request, signal) {
    signal?.throwIfAborted()
    const socket = connect({host: '127.0.0.1', port: request.port, noDelay: true})
    // What an error means is told by where it came: its `close` ends the step it came in.
    socket.on('error', () => {})
    const stop = (): void => void socket.destroy()
    signal?.addEventListener('abort', stop, {once: true})
    let late = false
    const timer = setTimeout(() => {
      late = true
      socket.destroy()
    }, request.timeoutMs)
    try {
      const outcome = await ask(socket, request)
      signal?.throwIfAborted()
      return late ? {kind: 'silent'} : outcome
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  },
}

async function ask(socket: Socket, request: ProbeRequest): Promise<ProbeOutcome> {
  socket.write(request.preamble.ask)
  const answer = await firstBytes(socket)
  if (answer === undefined) return {kind: 'closed'}
  if (answer.length === 1 && answer[0] === request.preamble.agree) return shakeHands(socket, request)
  socket.destroy()
  if (answer[0] !== request.preamble.agree) return {kind: 'clear'}
  // In clear text, and a careless client would take it for part of the encrypted stream.
  return {kind: 'untrusted', reason: 'more than the answer came before encryption began'}
}

/** Undefined when the connection was refused, reset or ended before any. */
function firstBytes(socket: Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    socket.once('data', (bytes) => {
      socket.pause()
      resolve(bytes)
    })
    socket.once('close', () => resolve(undefined))
  })
}

function shakeHands(socket: Socket, request: ProbeRequest): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const tls = connectTls({
      socket,
      servername: request.host,
      // A list, for an empty text would stand for Node's own authorities.
      ca: [request.authorities],
      // Judged below, where the certificate can still be looked at. Nothing is ever sent over it.
      rejectUnauthorized: false,
      checkServerIdentity: request.verifyName ? checkServerIdentity : () => undefined,
    })
    tls.once('secureConnect', () => {
      resolve(judge(tls, request.host))
      takeLeave(tls)
    })
    tls.once('error', (error: NodeJS.ErrnoException & {reason?: string}) => {
      if (error.reason) resolve({kind: 'untrusted', reason: `the TLS handshake failed (${error.reason})`})
    })
    tls.once('close', () => resolve({kind: 'closed'}))
    socket.once('close', () => tls.destroy())
  })
}

function judge(tls: TLSSocket, host: string): ProbeOutcome {
  if (tls.authorized) {
    return {kind: 'answered', tls: tls.getProtocol() ?? 'TLS', validUntil: endOf(tls.getPeerX509Certificate())}
  }
  // Typed as an Error, yet an OpenSSL or Node code (Node 20, 24).
  const code = String(tls.authorizationError)
  return {kind: 'untrusted', reason: explainDistrust(code, tls.getPeerX509Certificate(), host)}
}

/** Infinity where nothing is shown. */
function endOf(certificate: X509Certificate | undefined): number {
  let end = Infinity
  for (let link = certificate; link; link = link.issuerCertificate) {
    end = Math.min(end, Date.parse(link.validTo))
    if (link.issuerCertificate?.fingerprint256 === link.fingerprint256) break
  }
  return end
}

/** Closes as a client that has changed its mind: PostgreSQL logs a reset, but not an end after a finished handshake. */
function takeLeave(tls: TLSSocket): void {
  const timer = setTimeout(() => tls.destroy(), FAREWELL_MS).unref()
  tls.once('close', () => clearTimeout(timer))
  tls.resume()
  tls.end()
  tls.unref()
}
