import type {X509Certificate} from 'node:crypto'
import {connect, type Socket} from 'node:net'
import {checkServerIdentity, connect as connectTls, type TLSSocket} from 'node:tls'
import type {ProbeLine, ProbeOutcome, ProbeRequest, Prober} from '../../core/ports/network.js'
import {nextChange, UnreadBytes} from '../../core/unread-bytes.js'
import {explainDistrust} from './certificate.js'

/** How long the far side may take to close a connection that it has answered. */
const FAREWELL_MS = 1000

/** Why a probe is over before the conversation is. */
class Over extends Error {
  readonly outcome: ProbeOutcome

  constructor(outcome: ProbeOutcome) {
    super(outcome.kind)
    this.outcome = outcome
  }
}

export const prober: Prober = {
  async probe(request, signal) {
    signal?.throwIfAborted()
    const socket = connect({host: '127.0.0.1', port: request.port, noDelay: true})
    // What an error means is told by where it came: its `close` ends the step it came in.
    socket.on('error', () => {})
    let stop = (): void => {}
    const stopped = new Promise<ProbeOutcome>((resolve) => {
      stop = () => {
        socket.destroy()
        resolve({kind: 'silent'})
      }
    })
    signal?.addEventListener('abort', stop, {once: true})
    let late = false
    const timer = setTimeout(() => {
      late = true
      stop()
    }, request.timeoutMs)
    try {
      const outcome = await Promise.race([ask(socket, request), stopped])
      signal?.throwIfAborted()
      return late ? {kind: 'silent'} : outcome
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  },
}

async function ask(socket: Socket, request: ProbeRequest): Promise<ProbeOutcome> {
  let tls: TLSSocket | undefined
  let answered: ProbeOutcome | undefined
  let unread = new UnreadBytes(socket)
  const line: ProbeLine = {
    read: (count) =>
      unread.take(
        count,
        () => change(tls ?? socket),
        () => new Over({kind: 'closed'}),
      ),
    write: (bytes) => void (tls ?? socket).write(bytes),
    async encrypt() {
      if (unread.length > 0) {
        throw new Over({kind: 'untrusted', reason: 'more than the answer came before encryption began'})
      }
      tls = connectTls({
        socket,
        servername: request.host,
        // A list, for an empty text would stand for Node's own authorities.
        ca: [request.authorities],
        // Judged below, where the certificate can still be looked at, and before anything is sent over it.
        rejectUnauthorized: false,
        checkServerIdentity: request.verifyName ? checkServerIdentity : () => undefined,
      })
      unread = new UnreadBytes(tls)
      answered = await shakeHands(tls, socket, request.host)
    },
  }
  try {
    const said = await request.talk(line)
    // Nothing is proven without encryption, whatever was said.
    return said === 'answered' && answered ? answered : {kind: 'clear'}
  } catch (error) {
    if (error instanceof Over) return error.outcome
    throw error
  } finally {
    if (tls) takeLeave(tls)
    else socket.destroy()
  }
}

async function change(stream: Socket): Promise<void> {
  const {happened, stop} = nextChange(stream)
  await happened.finally(stop)
}

/** Rejects when the certificate is not to be trusted, or the connection ends. */
function shakeHands(tls: TLSSocket, socket: Socket, host: string): Promise<ProbeOutcome> {
  return new Promise((resolve, reject) => {
    const end = (outcome: ProbeOutcome): void => reject(new Over(outcome))
    tls.once('secureConnect', () => {
      const outcome = judge(tls, host)
      if (outcome.kind === 'answered') resolve(outcome)
      else end(outcome)
    })
    tls.on('error', (error: NodeJS.ErrnoException & {reason?: string}) => {
      if (error.reason) end({kind: 'untrusted', reason: `the TLS handshake failed (${error.reason})`})
    })
    tls.once('close', () => end({kind: 'closed'}))
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
