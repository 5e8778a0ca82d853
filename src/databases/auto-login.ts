import type {LoginOutcome} from './login-outcome.js'

/** One side of a connection that logs in by itself, read piece by piece. Who is too slow or has gone makes `read` reject. */
export interface ByteLine {
  /** Exactly so many bytes. */
  read(count: number): Promise<Buffer>
  /** How many bytes have come and were not read yet. */
  readonly unread: number
  write(bytes: Uint8Array): void
  /** Closes it once these have left. */
  end(lastWords?: Uint8Array): void
}

/** The other side: a connection to the database, in clear text at first. */
export interface DatabaseLine extends ByteLine {
  /**
   * TLS from here on, once the certificate is verified in full: the authorities, and the endpoint's exact name. Rejects with
   * TLS_IDENTITY, and with PROTOCOL where bytes have come that were not read: they were in clear text.
   */
  encrypt(): Promise<void>
}

/** What a tunnel's local end is for. */
export interface AutoLoginTerms {
  /** The user that each connection is logged in as. */
  readonly user: string
  /** The database's name, for people. */
  readonly target: string
  readonly reason?: string | undefined
  /** Whether sessions are to begin read-only, with limits. */
  readonly readOnly: boolean
}

/** What one login may use. */
export interface LoginMeans {
  /** What the program has to know; undefined where the place of the socket says enough. */
  readonly localPassword?: string | undefined
  /** A connection to the database. Asked for only once it is clear that the program may come in. */
  connect(): Promise<DatabaseLine>
  /** A fresh IAM token. Asked for only where the database has proven who it is, and asks for a password. */
  token(): Promise<string>
  /** Lets a program that has guessed wrong wait. */
  penalty(): Promise<void>
}

/** What came of one connection of a program. */
export type AutoLoginOutcome =
  /** Bytes are to go both ways now, unchanged. `left` is called when they no longer do. */
  | {
      readonly kind: 'in'
      readonly line: DatabaseLine
      readonly database: string
      readonly left: () => void
    }
  /** It wanted something else, such as to cancel a query, and has had it. */
  | {readonly kind: 'served'}
  /** What it sent is not this database's protocol, or not what a program may ask for here. It is reset without an answer. */
  | {readonly kind: 'strange'}
  /** The local end itself has refused it, and told it so. */
  | {readonly kind: 'refused'; readonly why: string}
  | {readonly kind: 'wrong-password'}
  /** The database has refused it, and the program has had its words. */
  | {readonly kind: 'refused-by-database'; readonly outcome: Exclude<LoginOutcome, {kind: 'in'}>}
  /** There is no way to the database, or it is not to be trusted. The program was told. */
  | {readonly kind: 'failed'; readonly error: Error}

/** The local end of one tunnel. */
export interface AutoLoginServer {
  /**
   * Serves one connection of a program, up to its login. Rejects where the program has gone, or is too slow: nothing is left to
   * tell it then.
   */
  serve(program: ByteLine, means: LoginMeans): Promise<AutoLoginOutcome>
}

/** Where programs find a local end that logs in by itself. */
export interface AutoLoginPlace {
  /** Of the socket. */
  readonly folder: string
  /** The user of this machine whose socket it is; undefined where they have no name. */
  readonly osUser?: string | undefined
  /** Where it listens on 127.0.0.1, too: its port, and the file with the local password. */
  readonly tcp?: {readonly port: number; readonly passwordFile: string} | undefined
  readonly user: string
  readonly database: string
}

/**
 * A database kind's part of a local end that logs in by itself: it speaks the database's protocol with a program, and logs in
 * at the database in its place.
 */
export interface AutoLogin {
  /** The name of the socket in its folder, and the port that clients take it for. */
  readonly socket: {readonly name: string; readonly port: number}
  start(terms: AutoLoginTerms): AutoLoginServer
  /** A file for clients that take the local password from one. */
  passwordFile(login: {readonly port: number; readonly user: string; readonly password: string}): {
    readonly name: string
    readonly text: string
  }
  /** What leads any client of this kind to the local end. */
  variables(place: AutoLoginPlace): Readonly<Record<string, string>>
  /** Variables to unset in a shell that is given ours, for that place. */
  inTheWay(place: AutoLoginPlace): readonly string[]
  /** The place as one word. No password is in it. */
  url(place: AutoLoginPlace): string
}
