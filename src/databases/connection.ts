import type {TlsMode} from './tls-mode.js'

/** A database within reach, for programs of this machine that connect to it. */
export interface Connection {
  /** The database's name, for people. */
  readonly target: string
  /** Why one connects; one line. */
  readonly reason?: string | undefined
  /** The endpoint's own name: what the certificate is compared with. */
  readonly host: string
  readonly localPort: number
  readonly user: string
  readonly database: string
  readonly sslmode: TlsMode
  /** How the name leads to 127.0.0.1: by the hosts file, or by the address beside it, for clients that take one. */
  readonly mapping: 'hosts' | 'hostaddr'
  readonly authoritiesFile: string
  /** Of `homeFiles` of the database's kind, those that the user has. */
  readonly homeFiles: readonly string[]
  /** Paths of the files that hold the token, by their names. */
  readonly loginFiles: Readonly<Record<string, string>>
  /** Whether the session is to begin read-only, with limits. */
  readonly readOnly: boolean
}
