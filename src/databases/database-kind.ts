import type {DbtunnelError} from '../core/errors.js'
import type {ProbeLine} from '../core/ports/network.js'
import type {AutoLogin} from './auto-login.js'
import type {Connection} from './connection.js'
import type {LoginOutcome} from './login-outcome.js'
import type {TokenLogin} from './sign-token.js'

export type {LoginOutcome} from './login-outcome.js'

/** Who would log in, for a probe that has to. */
export interface ProbeLogin {
  readonly user: string
  readonly database: string
  /** An IAM token. */
  token(): Promise<string>
}

/** Where a program of this machine logs in, and as whom. */
export interface LocalLogin extends TokenLogin {
  readonly localPort: number
  readonly database: string
  readonly authoritiesFile: string
}

/**
 * What a probe has found. `no-tls`: the database offers none. A login's outcome, where the kind has to log in: of one that was
 * let in, TLS was verified before.
 */
export type ProbeAnswer = 'answered' | 'no-tls' | LoginOutcome

/** One login by a terminal client of this kind, which does nothing there and leaves. */
export interface LoginCheck {
  readonly argv: readonly string[]
  /** Over the client's own environment. */
  readonly env: Readonly<Record<string, string>>
  /** What came of it. */
  read(client: {readonly code: number | null; readonly stdout: string; readonly stderr: string}): LoginOutcome
}

export interface LoginAttempt {
  readonly user: string
  readonly region: string
  /** `db-…` or `cluster-…`; unknown when the database was not described. */
  readonly resourceId?: string | undefined
  /** Who signed the token, when that is known. */
  readonly caller?: {readonly account: string; readonly arn: string; readonly name: string} | undefined
  /** The user that RDS made with the database, where RDS was asked. */
  readonly masterUser?: string | undefined
}

/**
 * One kind of database: which RDS engines it is, and how one logs in there. Each is one folder here, whose `kind.ts` exports
 * it under the name of the folder; `npm run build` puts it into the list.
 */
export interface DatabaseKind {
  /** The name of its folder. */
  readonly id: string
  /** For sentences: `PostgreSQL`. */
  readonly label: string
  /** RDS's engine words, such as `postgres` and `aurora-postgresql`; its own id, too. */
  matches(rdsEngine: string): boolean
  readonly defaultPort: number
  /** The database that each server of this kind has. */
  readonly defaultDatabase: string
  /**
   * Whether it is the kind of a host name that RDS knows nothing of: `everywhere` where the port says nothing (one kind has
   * it), `at-its-port` where several kinds have the same one.
   */
  readonly isUsual?: 'everywhere' | 'at-its-port'
  /** What makes a user of the database one that logs in by IAM: `the role rds_iam`. */
  readonly iamMark: string
  /** How many characters the name of a user has at most; undefined where no name of AWS is longer. */
  readonly longestUser?: number

  /**
   * Asks whether the database is there and offers TLS, leaving no trace of a failure there: where that takes a login, it logs
   * in. Who speaks first is its affair.
   */
  probe(line: ProbeLine, login: ProbeLogin): Promise<ProbeAnswer>

  /** The files that hold a login's token, each by its name: private, and written anew before the token is too old. */
  loginFiles(login: LocalLogin, token: string): Readonly<Record<string, string>>
  /** Whether its clients read this variable. */
  ownsVariable(name: string): boolean
  /** Of these: whether the user's own may stay, for it changes neither where a client connects, nor as whom, nor how safely. */
  isHarmless(name: string): boolean
  /** Variables to unset in a shell that is given ours: clients would follow them and not ours. */
  readonly inTheWay: readonly string[]
  /** Files that clients read unasked in the user's home, relative to it, and must be kept from reading. */
  readonly homeFiles: readonly string[]
  /** Whether any of its clients takes an address beside the endpoint's name. */
  readonly takesAddress: boolean
  /** Whether these variables can have a session begin read-only. */
  readonly takesSettings: boolean
  /** What leads any client of this kind to the database. Guard rails are in it; they win over what the user has set. */
  variables(connection: Connection, inherited: Inherited): Readonly<Record<string, string>>
  /** The connection as one word, for programs that take no other. No token is in it. */
  url(connection: Connection, inherited: Inherited): string

  /** The statements that let a user log in by IAM: first the one that makes the user, then the one for whom there is one. */
  grants(user: string): readonly [create: string, allow: string]
  /** Undefined where the probe logs in. */
  readonly loginCheck?: LoginCheck
  /** The likeliest cause of a login that was refused, and what to do about it: LOGIN_REFUSED, or what says it better. */
  explainRefusal(outcome: Exclude<LoginOutcome, {kind: 'in'}>, attempt: LoginAttempt): DbtunnelError

  /** Its part of a local end that logs in by itself; missing where dbtunnel has none for it. */
  readonly autoLogin?: AutoLogin
}

/** The user's environment. */
export type Inherited = Readonly<Record<string, string | undefined>>
