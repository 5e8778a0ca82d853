import type {Duplex} from 'node:stream'
import {type DbtunnelError, fail, isDbtunnelError} from '../../core/errors.js'
import {OnceAMinute} from '../../core/once-a-minute.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Listener, ListenPort, LocalSocket} from '../../core/ports/network.js'
import type {Say} from '../../core/run.js'
import {countText} from '../../core/text/amounts.js'
import {harmless, printable} from '../../core/text/printable.js'
import {redact} from '../../core/text/redact.js'
import type {AutoLoginOutcome, AutoLoginServer, DatabaseLine} from '../../databases/auto-login.js'
import {lineOf, type StreamLine} from './byte-line.js'
import {join} from './join.js'
import {LoginTurns} from './login-turns.js'
import {socketPair} from './socket-pair.js'

/** Before it is known who a program is: until its first byte, and for all that it has to say. */
const FIRST_BYTE_MS = 5000
const OPENING_MS = 10_000
/** After a wrong password. */
const PENALTY_MS = 1000
/** A login that takes longer is told about. */
const SLOW_MS = 5000

/** A program whose login was let in. */
export interface LoginFacts {
  /** Counts the logins of a tunnel. */
  readonly number: number
  readonly database: string
  readonly by: 'socket' | 'tcp'
  /** Whose program it is, where that can be seen. */
  readonly uid?: number | undefined
  readonly pid?: number | undefined
  readonly program?: string | undefined
}

type Whose = Pick<LoginFacts, 'uid' | 'pid' | 'program'>

/** What it came to. */
export interface LogoutFacts {
  readonly number: number
  readonly bytesUp: number
  readonly bytesDown: number
  readonly ms: number
}

/** What logs programs in, once a tunnel is ready. */
export interface LoginService {
  /** The database's name, for people. */
  readonly target: string
  /** Of the kind that the database is. */
  readonly server: AutoLoginServer
  /** For those that come over TCP. */
  readonly localPassword?: string | undefined
  /** For all that the database has to say until a program is in. */
  readonly timeoutMs: number
  token(): Promise<string>
  /** TLS over a connection to the database, verified in full. */
  encrypt: (stream: Duplex, signal: AbortSignal) => Promise<Duplex>
  /** Why the database refuses a login, for people; undefined where its own words say enough. */
  explain(outcome: Extract<AutoLoginOutcome, {kind: 'refused-by-database'}>['outcome']): string | undefined
  loggedIn(login: LoginFacts): void
  loggedOut(logout: LogoutFacts): void
}

export interface LoginListenerPorts extends Pick<Ports, 'clock' | 'connections' | 'connectionOwners' | 'sockets'> {
  /** That lets in only whom the user wants. */
  readonly listen: ListenPort
}

/**
 * The local end of a tunnel that logs in by itself. It stands before the port of the tunnel, which sees connections to the
 * database alone: nothing is dialled, counted or woken for a program that may not come in. Programs that come before `begin`
 * wait, unread.
 */
export class LoginListener implements ListenPort {
  readonly #isTcp: boolean
  readonly #ports: LoginListenerPorts
  readonly #say: Pick<Say, 'notice' | 'debug'>
  readonly #turns: LoginTurns
  readonly #lines: Readonly<Record<'strange' | 'refused' | 'password' | 'failed' | 'slow' | 'crowd', OnceAMinute>>
  readonly #programs = new Set<LocalSocket>()
  readonly #ready: Promise<LoginService>
  #begin!: (service: LoginService) => void
  #toDatabase: (socket: LocalSocket) => void = (socket) => void socket.resetAndDestroy()
  #logins = 0
  #isExplained = false
  #why: string | undefined

  constructor(isTcp: boolean, ports: LoginListenerPorts, say: Pick<Say, 'notice' | 'debug'>) {
    this.#isTcp = isTcp
    this.#ports = ports
    this.#say = say
    this.#turns = new LoginTurns(ports.clock)
    const line = (): OnceAMinute => new OnceAMinute(ports.clock)
    this.#lines = {strange: line(), refused: line(), password: line(), failed: line(), slow: line(), crowd: line()}
    this.#ready = new Promise((resolve) => (this.#begin = resolve))
  }

  /** On 127.0.0.1 only where that was asked for; else the number alone is taken. */
  async listen(port: number, onConnection: (socket: LocalSocket) => void): Promise<Listener> {
    this.#toDatabase = onConnection
    const listener = this.#isTcp
      ? await this.#ports.listen.listen(port, (socket) => void this.#serve(socket, 'tcp'))
      : {port, stop() {}, close: async () => {}}
    return {
      port: listener.port,
      stop: () => listener.stop(),
      close: async () => {
        for (const program of this.#programs) program.resetAndDestroy()
        await listener.close()
      },
    }
  }

  /** At a socket, too. Rejects as `SocketPort` does. */
  listenAt(path: string): Promise<Pick<Listener, 'close'>> {
    const {sockets, connections} = this.#ports
    return sockets.listenAt(path, (socket) => {
      const giveBack = connections.takePlace()
      if (!giveBack) return this.#crowded(socket)
      socket.once('close', giveBack)
      void this.#serve(socket, 'socket')
    })
  }

  /** From now on programs are let in. */
  begin(service: LoginService): void {
    this.#begin(service)
  }

  /** Why there is no way to the database now; undefined when there is one. Programs are told. */
  set why(why: string | undefined) {
    this.#why = why
  }

  async #serve(program: LocalSocket, by: LoginFacts['by']): Promise<void> {
    this.#programs.add(program)
    program.once('close', () => this.#programs.delete(program))
    program.on('error', () => {
      // 'close' follows.
    })
    const service = await this.#ready
    const endTurn = await this.#turns.next()
    if (!endTurn) return void program.resetAndDestroy()
    try {
      await this.#logIn(program, by, service, endTurn)
    } catch (error) {
      program.resetAndDestroy()
      this.#say.debug(`login: ${redact(printable((error as Error).message))}`)
    } finally {
      endTurn()
    }
  }

  async #logIn(program: LocalSocket, by: LoginFacts['by'], service: LoginService, endTurn: () => void): Promise<void> {
    const {clock} = this.#ports
    const line = lineOf(program, PROGRAM_LIMITS, clock)
    const over = new AbortController()
    program.once('close', () => over.abort(fail('INTERRUPTED', 'The program has gone.')))
    let database: Upstream | undefined
    let whose: Promise<Whose> | undefined
    const outcome = await service.server
      .serve(line, {
        localPassword: by === 'tcp' ? service.localPassword : undefined,
        token: () => service.token(),
        penalty: () => clock.sleep(PENALTY_MS),
        connect: async () => {
          // It waits now, and so is sure to be there.
          whose = this.#whose(program, by)
          return (database = this.#connect(service, over.signal))
        },
      })
      .catch((error: unknown) => {
        database?.end()
        throw error
      })
    if (outcome.kind !== 'in') return this.#tell(outcome, program, by, service)
    endTurn()
    this.#isExplained = false
    const number = ++this.#logins
    const since = clock.now()
    if (!database) throw new Error('A login without a connection.')
    const [far, near] = [database.release(), line.release() as LocalSocket]
    service.loggedIn({number, database: outcome.database, by, ...(await whose)})
    await join(near, far, clock)
    outcome.left()
    const {bytesRead, bytesWritten} = program
    service.loggedOut({number, bytesUp: bytesRead, bytesDown: bytesWritten, ms: Math.max(0, clock.now() - since)})
  }

  /** By the tunnel's own way, which waits for a session where there is none. */
  #connect(service: LoginService, gone: AbortSignal): Upstream {
    const {clock} = this.#ports
    const {target, timeoutMs} = service
    const [near, far] = socketPair()
    const limits = {
      allMs: timeoutMs,
      late: () => fail('TIMEOUT', `${target} has not let anyone in within ${timeoutMs / 1000} s.`),
      ended: () =>
        fail(
          'TUNNEL_LOST',
          `There is no connection to ${target} now${this.#why === undefined ? '.' : `: ${this.#why}`}`,
          {
            hint: 'Try again: dbtunnel gets another one. Its state: dbtunnel status',
          },
        ),
    }
    const over = new AbortController()
    near.once('close', () => over.abort())
    clock
      .sleep(SLOW_MS, over.signal)
      .then(() => {
        if (!upstream.isReleased) {
          const line = `${target} takes long to let someone in. It is given ${timeoutMs / 1000} s (--timeout).`
          this.#lines.slow.tell(() => this.#say.notice(line))
        }
      })
      .catch(() => {})
    const upstream = new Upstream(near, limits, clock, async (stream) => {
      const late = new AbortController()
      const timer = new AbortController()
      clock.sleep(timeoutMs, timer.signal).then(
        () => late.abort(limits.late()),
        () => {},
      )
      try {
        return await service.encrypt(stream, AbortSignal.any([gone, late.signal]))
      } finally {
        timer.abort()
      }
    })
    this.#toDatabase(far)
    return upstream
  }

  async #tell(
    outcome: Exclude<AutoLoginOutcome, {kind: 'in'}>,
    program: LocalSocket,
    by: LoginFacts['by'],
    service: LoginService,
  ): Promise<void> {
    const {target} = service
    const {strange, refused, password, failed} = this.#lines
    const say = (line: string): void => this.#say.notice(printable(redact(line)))
    switch (outcome.kind) {
      case 'served':
        return
      case 'strange': {
        const whose = await this.#whose(program, by)
        program.resetAndDestroy()
        return strange.tell((count) =>
          say(`Reset ${times(count)} that did not ask for a login of ${target}${from(whose)}.`),
        )
      }
      case 'refused':
        return refused.tell((count) => say(`Refused ${times(count)}: ${outcome.why}.`))
      case 'wrong-password': {
        const whose = await this.#whose(program, by)
        return password.tell((count) =>
          say(`Refused ${times(count)} with another password than the local one${from(whose)}.`),
        )
      }
      case 'failed':
        return failed.tell(() => {
          const {error} = outcome
          say(`No login at ${target}: ${isDbtunnelError(error) ? wordsOf(error) : error.message}`)
        })
      case 'refused-by-database': {
        // Once, and not for each time that a program tries again.
        const why = this.#isExplained ? undefined : service.explain(outcome.outcome)
        this.#isExplained ||= why !== undefined
        if (why !== undefined) this.#say.notice(redact(why))
      }
    }
  }

  /** Whose program it is that has the other end. */
  async #whose(program: LocalSocket, by: LoginFacts['by']): Promise<Whose> {
    const {connectionOwners} = this.#ports
    if (by === 'socket' || connectionOwners.obstacle) return {}
    const owner = await connectionOwners.ownerOf(program)
    if (owner.kind !== 'user') return {}
    const holder = connectionOwners.programOf(owner.socketId)
    return {uid: owner.uid, pid: holder?.pid, program: holder && harmless(holder.program)}
  }

  #crowded(socket: LocalSocket): void {
    socket.resetAndDestroy()
    const {most} = this.#ports.connections
    this.#lines.crowd.tell((count) =>
      this.#say.notice(
        `Refused ${times(count)}: ${most} at a time are the most, by the limit of open files (ulimit -n).`,
      ),
    )
  }
}

const PROGRAM_LIMITS = {
  firstMs: FIRST_BYTE_MS,
  allMs: OPENING_MS,
  late: () => new Error('the program was too slow'),
  ended: () => new Error('the program has gone'),
} as const

/** A connection to the database: in clear text at first. */
class Upstream implements DatabaseLine {
  readonly #limits: Parameters<typeof lineOf>[1]
  readonly #clock: Parameters<typeof lineOf>[2]
  readonly #encrypt: (stream: Duplex) => Promise<Duplex>
  #line: StreamLine
  /** Whether it is in other hands. */
  isReleased = false

  constructor(
    socket: LocalSocket,
    limits: Parameters<typeof lineOf>[1],
    clock: Parameters<typeof lineOf>[2],
    encrypt: (stream: Duplex) => Promise<Duplex>,
  ) {
    this.#limits = limits
    this.#clock = clock
    this.#encrypt = encrypt
    this.#line = lineOf(socket, limits, clock)
  }

  get unread(): number {
    return this.#line.unread
  }

  read(count: number): Promise<Buffer> {
    return this.#line.read(count)
  }

  write(bytes: Uint8Array): void {
    this.#line.write(bytes)
  }

  end(lastWords?: Uint8Array): void {
    this.isReleased = true
    this.#line.end(lastWords)
  }

  async encrypt(): Promise<void> {
    if (this.unread > 0) throw fail('PROTOCOL', 'The server sent more than an answer before encryption began.')
    this.#line = lineOf(await this.#encrypt(this.#line.release()), this.#limits, this.#clock)
  }

  release(): Duplex {
    this.isReleased = true
    return this.#line.release()
  }
}

function times(count: number): string {
  return countText(count, 'connection')
}

function from({uid, pid, program}: Whose): string {
  if (uid === undefined) return ''
  return program === undefined ? ` (uid ${uid})` : ` (${program}, uid ${uid}, pid ${pid})`
}

function wordsOf({message, hint}: DbtunnelError): string {
  return hint === undefined ? message : `${message} ${hint.split('\n')[0]}`
}
