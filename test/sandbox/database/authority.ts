import 'reflect-metadata'
import {KeyObject, webcrypto} from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const DAY = 24 * 60 * 60_000
const KEY = {name: 'ECDSA', namedCurve: 'P-256'}
const SIGNING = {name: 'ECDSA', hash: 'SHA-256'}

/** A certificate and its key as PEM, ready for a TLS server. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** From when to when a certificate is valid, in milliseconds relative to now. */
export interface Validity {
  readonly from: number
  readonly until: number
}

const VALID: Validity = {from: -DAY, until: 30 * DAY}
export const EXPIRED: Validity = {from: -2 * DAY, until: -DAY}
export const NOT_YET_VALID: Validity = {from: DAY, until: 2 * DAY}

/** A private certificate authority that lives as long as this object; its key never leaves memory. */
export interface Authority {
  /** The root certificate, PEM. */
  readonly root: string
  issue(names: readonly string[], validity?: Validity): Promise<Certificate>
}

export async function createAuthority(name: string): Promise<Authority> {
  const keys = await createKeys()
  const root = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    ...period({from: -7 * DAY, until: 60 * DAY}),
    signingAlgorithm: SIGNING,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    root: root.toString('pem'),
    async issue(names, validity = VALID) {
      const leaf = await createKeys()
      const certificate = await X509CertificateGenerator.create({
        subject: subjectOf(names),
        issuer: root.subjectName,
        publicKey: leaf.publicKey,
        signingKey: keys.privateKey,
        ...period(validity),
        signingAlgorithm: SIGNING,
        extensions: [...leafExtensions(names), await AuthorityKeyIdentifierExtension.create(keys.publicKey)],
      })
      return asPem(certificate, leaf)
    },
  }
}

/** A certificate that vouches for itself. */
export async function selfSign(names: readonly string[]): Promise<Certificate> {
  const keys = await createKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: subjectOf(names),
    keys,
    ...period(VALID),
    signingAlgorithm: SIGNING,
    extensions: leafExtensions(names),
  })
  return asPem(certificate, keys)
}

/** ECDSA: a key takes a millisecond, an RSA one a hundred. */
async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  cryptoProvider.set(webcrypto)
  return webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify'])
}

/** A common name holds at most 64 characters (RFC 5280); the whole name is in the alternative names. */
function subjectOf(names: readonly string[]): string {
  return `CN=${names[0]?.slice(0, 64)}`
}

function period({from, until}: Validity): {notBefore: Date; notAfter: Date} {
  return {notBefore: new Date(Date.now() + from), notAfter: new Date(Date.now() + until)}
}

function leafExtensions(names: readonly string[]): Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(names.map((value) => ({type: 'dns', value}))),
  ]
}

function asPem(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair): Certificate {
  const key = KeyObject.from(keys.privateKey).export({type: 'pkcs8', format: 'pem'})
  return {cert: certificate.toString('pem'), key: String(key)}
}
