import type {X509Certificate} from 'node:crypto'
import {printable} from '../../core/text/printable.js'

/** Most names that a sentence about a certificate lists. */
const NAMES_SHOWN = 3

/**
 * Why a server's certificate was not accepted, in plain words that go on from
 * "… did not prove its identity:". `code` is OpenSSL's or Node's word for it.
 */
export function explainDistrust(code: string, certificate: X509Certificate | undefined, host: string): string {
  if (!certificate) return 'it showed no certificate'
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `its certificate expired on ${day(firstExpired(certificate).validTo)}`
    case 'CERT_NOT_YET_VALID':
      return `its certificate is valid only from ${day(certificate.validFrom)} on`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for ${names(certificate)} and not for ${host}`
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'its certificate is signed by itself'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_UNTRUSTED':
    case 'INVALID_CA':
      return `its certificate is signed by an authority that is not trusted (${commonName(certificate.issuer)})`
    case 'CERT_SIGNATURE_FAILURE':
      return `its certificate does not bear the signature of ${commonName(certificate.issuer)}`
    case 'INVALID_PURPOSE':
      return 'its certificate is not one for servers'
    default:
      return `its certificate is refused (${code})`
  }
}

/** The certificate in the chain that is no longer valid: not always the server's own. */
function firstExpired(certificate: X509Certificate): X509Certificate {
  for (let link: X509Certificate | undefined = certificate; link; link = link.issuerCertificate) {
    if (Date.parse(link.validTo) < Date.now()) return link
    if (link.issuerCertificate?.fingerprint256 === link.fingerprint256) break
  }
  return certificate
}

/** OpenSSL's `Nov 20 10:44:29 2026 GMT` as `2026-11-20`. */
function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10)
}

function names(certificate: X509Certificate): string {
  const all = (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''))
  const listed = all.filter((name) => name !== '').map(plain)
  if (listed.length === 0) return commonName(certificate.subject)
  const more = listed.length - NAMES_SHOWN
  return listed.slice(0, NAMES_SHOWN).join(', ') + (more > 0 ? ` and ${more} more names` : '')
}

function commonName(distinguishedName: string): string {
  const name = /^CN=(.+)$/m.exec(distinguishedName)?.[1] ?? distinguishedName.replaceAll('\n', ', ')
  return plain(name)
}

/** What a stranger wrote must not steer the terminal. */
function plain(name: string): string {
  return printable(name).slice(0, 100)
}
