import {type Authority, type Certificate, EXPIRED, NOT_YET_VALID, selfSign} from './authority.js'

/** How an endpoint behaves toward new connections. All but `honest` and slowness are an impostor's ways. */
export type Mode =
  | 'honest'
  /** Honest, but every byte to the client waits so long. */
  | {readonly msPerByte: number}
  | Disguise
  | Question
  /** Answers that it speaks no TLS, and asks for the password in clear. */
  | 'no-tls'
  /** Takes connections and never answers. */
  | 'silent'
  /** Closes each connection at once. */
  | 'closing'
  | MysqlMode

/** What MySQL and MariaDB alone do here. */
export type MysqlMode =
  /** Has all the connections that it takes: 1040. */
  | 'full'
  /** An impostor with a good certificate, which asks for a proof by this plugin and keeps it. */
  | {readonly asks: string}

/** With a certificate that is right: what an impostor does in the place of asking for a cleartext password once. */
export type Question = (typeof QUESTIONS)[number]
export const QUESTIONS = ['md5', 'sasl', 'no-question', 'two-questions', 'early-bytes'] as const

/** What is wrong with an impostor's certificate. */
export type Disguise = 'other-name' | 'other-authority' | 'expired' | 'not-yet-valid' | 'self-signed'

const DISGUISES: readonly unknown[] = [
  'other-name',
  'other-authority',
  'expired',
  'not-yet-valid',
  'self-signed',
] satisfies Disguise[]

export function isDisguise(mode: Mode): mode is Disguise {
  return DISGUISES.includes(mode)
}

export function isQuestion(mode: Mode): mode is Question {
  return (QUESTIONS as readonly unknown[]).includes(mode)
}

export function isMysqlMode(mode: Mode): mode is MysqlMode {
  return mode === 'full' || (typeof mode === 'object' && 'asks' in mode)
}

export interface Authorities {
  readonly trusted: Authority
  readonly other: Authority
}

/** The certificate that an endpoint of these names shows. */
export function certificateFor(
  mode: 'honest' | Disguise | Question,
  names: readonly string[],
  {trusted, other}: Authorities,
): Promise<Certificate> {
  switch (mode) {
    case 'honest':
    case 'md5':
    case 'sasl':
    case 'no-question':
    case 'two-questions':
    case 'early-bytes':
      return trusted.issue(names)
    case 'other-name':
      return trusted.issue(['impostor.invalid'])
    case 'other-authority':
      return other.issue(names)
    case 'expired':
      return trusted.issue(names, EXPIRED)
    case 'not-yet-valid':
      return trusted.issue(names, NOT_YET_VALID)
    case 'self-signed':
      return selfSign(names)
  }
}
