import {X509Certificate} from 'node:crypto'
import {connect, type PeerCertificate} from 'node:tls'
import {fail} from '../../core/errors.js'
import type {TlsPort} from '../../core/ports/network.js'
import {explainDistrust} from './certificate.js'

/** The certificate is verified before a byte is sent, and more strictly than Node does by itself: by libpq's rules. */
export const tlsPort: TlsPort = {
  encrypt(stream, {host, mayBeWildcard, authorities}, signal) {
    signal.throwIfAborted()
    let certificate: X509Certificate | undefined
    const tls = connect({
      socket: stream,
      servername: host,
      // A list, for an empty text would stand for Node's own authorities.
      ca: [authorities],
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      // Each handshake is a whole one: Node compares no name where a session is resumed, and none is kept here.
      checkServerIdentity(_, peer: PeerCertificate) {
        certificate = new X509Certificate(peer.raw)
        return isFor(certificate, host, mayBeWildcard) ? undefined : namedOtherwise()
      },
    })
    return new Promise((resolve, reject) => {
      const over = (error: Error): void => {
        signal.removeEventListener('abort', stop)
        tls.destroy()
        reject(error)
      }
      const stop = (): void => over(signal.reason as Error)
      signal.addEventListener('abort', stop, {once: true})
      tls.on('error', (error: NodeJS.ErrnoException & {reason?: string}) => {
        // Once it is encrypted, 'close' follows and says all that matters.
        over(distrust(host, error, certificate ?? tls.getPeerX509Certificate()))
      })
      tls.once('close', () =>
        over(fail('TUNNEL_LOST', `The connection to ${host} was closed before it was encrypted.`)),
      )
      tls.once('secureConnect', () => {
        if (!tls.authorized || tls.isSessionReused() || !certificate)
          return over(distrust(host, namedOtherwise(), undefined))
        signal.removeEventListener('abort', stop)
        resolve(tls)
      })
    })
  },
}

/**
 * Whether a name of the certificate is this one to the letter. The common name does not count, nor does a `*` in a part of a
 * name: Node would take both.
 */
export function isFor(certificate: X509Certificate, host: string, mayBeWildcard: boolean): boolean {
  const options = {subject: 'never', wildcards: mayBeWildcard, partialWildcards: false} as const
  return certificate.checkHost(host, {...options, multiLabelWildcards: false}) !== undefined
}

function namedOtherwise(): NodeJS.ErrnoException {
  return Object.assign(new Error('another name'), {code: 'ERR_TLS_CERT_ALTNAME_INVALID'})
}

/** Node says why by a code; what OpenSSL could not go on with has its reason. */
function distrust(
  host: string,
  {code = '', reason}: NodeJS.ErrnoException & {reason?: string},
  certificate: X509Certificate | undefined,
): Error {
  if (['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code) && reason === undefined) {
    return fail('TUNNEL_LOST', `The connection to ${host} was closed before it was encrypted.`)
  }
  const why = reason === undefined ? explainDistrust(code, certificate, host) : `the TLS handshake failed (${reason})`
  return fail('TLS_IDENTITY', `${host} did not prove its identity: ${why}.`, {
    hint: 'No password was sent. If the server uses a private or newer CA: --ca-bundle FILE',
  })
}
