import type {Ports} from '../core/ports/ports.js'
import type {ProcessEnd, ProcessPort} from '../core/ports/process.js'
import type {Connection} from '../databases/connection.js'

/** How a client reads its command line, as far as it takes to tell its words from dbtunnel's. */
export interface WordGrammar {
  /** Of its options, without the dashes: for suggestions. */
  readonly longNames: readonly string[]
  /** Why the client would refuse this word where it looks for an option: one sentence. */
  problemOf(word: string): string | undefined
  /** Whether it takes the word after this one as this one's value. */
  takesNextWord(word: string): boolean
}

export interface FindPorts {
  readonly process: Pick<ProcessPort, 'find'>
  readonly files: Pick<Ports['files'], 'readText'>
  readonly platform: Ports['platform']
}

export interface ClientLogin {
  readonly user?: string | undefined
  readonly database?: string | undefined
}

/** A client's words with user and database taken out, for dbtunnel gives it those. */
export interface ClientWords extends ClientLogin {
  /** What is left, word for word and in order. */
  readonly argv: readonly string[]
}

/** A program with a prompt, which dbtunnel starts itself. */
export interface TerminalClient {
  /** Absolute path of the program. Rejects with CLIENT_MISSING, and how to install it. */
  find(ports: FindPorts): Promise<string>
  /** Such as `15.18`. Rejects with CLIENT_UNRUNNABLE or TIMEOUT when it cannot be run. */
  version(
    file: string,
    process: Pick<ProcessPort, 'output'>,
    environment: Readonly<Record<string, string>>,
  ): Promise<string>
  /**
   * Reads its words as it would itself. Throws ARGUMENT_REFUSED for what would leave the tunnel, lower TLS or ask for a
   * password, and USAGE for what the client would refuse. `own` is what dbtunnel's own flags gave.
   */
  read(words: readonly string[], own: ClientLogin): ClientWords
  /** Whether with these words it prints its help or version, and connects to nothing. */
  isAboutItself(words: readonly string[]): boolean
  /** Its whole command line for a connection. */
  argv(words: readonly string[], connection: Connection, person: Person): readonly string[]
}

export interface Person {
  /** Whether one sits at the terminal. */
  readonly isInteractive: boolean
  /** Whether the database is called production. */
  readonly production: boolean
}

/**
 * Something that connects to databases. Each is one folder here, whose `client.ts` exports it under the name of the folder;
 * `npm run build` puts it into the list, and makes a command of each that has a terminal. Most of a client is loaded when it
 * is to run, so that a usage error is told at once.
 */
export interface Client {
  /** The name of its folder; with a terminal, that of its program and its command, too. */
  readonly id: string
  /** Ids of the database kinds that it connects to. */
  readonly databases: readonly string[]
  /** Names of its programs, as they are typed after `exec TARGET --`. */
  readonly programs: readonly string[]
  /** Whether these take an address beside the endpoint's name, and so need no line in the hosts file. */
  readonly takesAddress: boolean
  readonly terminal?: Terminal
}

/** What is known of a client with a prompt before it is loaded. */
interface Terminal {
  readonly grammar: WordGrammar
  /** Its own statuses, for help: `0 to 3`. */
  readonly statuses: string
  /** What it ends with when it has no connection, or lost it. */
  readonly statusWithoutConnection: number
  /** For help: what to type behind the name of the command. */
  readonly examples: readonly {readonly description: string; readonly words: string}[]
  load(): Promise<TerminalClient>
}

export interface ClientWithTerminal extends Client {
  readonly terminal: Terminal
}

/** A login has been refused by then, even by a slow database; what ends later has other causes. */
const SOON_MS = 20_000

/** Whether a client may have been refused: it ended without a connection soon after the database had answered the probe. */
export function mayBeRefused(client: Client, end: ProcessEnd, lastedMs: number): boolean {
  const status = client.terminal?.statusWithoutConnection
  return status !== undefined && end.code === status && lastedMs <= SOON_MS
}
