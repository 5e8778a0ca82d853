import {countText} from '../core/text/amounts.js'
import {Wakeup} from '../core/wakeup.js'
import {type DbtunnelError, type ErrorCode, fail, hasCode, isDbtunnelError} from '../core/errors.js'
import {nodeName} from '../core/grammars.js'
import {OnceAMinute} from '../core/once-a-minute.js'
import type {TunnelState} from '../core/results/opened-tunnel.js'
import type {AwsApi, Endpoint} from '../core/ports/aws.js'
import type {Ports} from '../core/ports/ports.js'
import {backoffDelay} from '../core/retry.js'
import type {Run} from '../core/run.js'
import {partOf} from '../core/teardown.js'
import type {Target} from '../targets/target.js'
import type {Link} from '../links/link.js'
import type {Discovery} from './discovery/discover.js'
import {MOST_WAIT_MS} from './listener/listener.js'
import {LossStory} from './loss-report.js'
import type {Tunnel} from './tunnel.js'
import type {OpenedSession} from './connector.js'
import {type Loss, untilLost} from './watch-session.js'
import {MAY_BE_STALE} from './cached-or-fresh.js'

/** What passes by itself: the network, AWS, bastions and databases come back, and sessions fail for many reasons. */
const PASSING: readonly ErrorCode[] = [
  'AWS_FAILED',
  'AWS_THROTTLED',
  'AWS_UNREACHABLE',
  'BASTION_NONE',
  'DATABASE_UNAVAILABLE',
  'DATABASE_UNREACHABLE',
  'PLUGIN_UNUSABLE',
  'SESSION_FAILED',
  'TIMEOUT',
  'TUNNEL_LOST',
]
/** What another bastion may do better. */
const OF_ONE_BASTION: readonly ErrorCode[] = [
  'BASTION_NONE',
  'DATABASE_UNREACHABLE',
  'PROTOCOL',
  'SESSION_FAILED',
  'TIMEOUT',
  'TUNNEL_LOST',
]
const OF_CREDENTIALS: readonly ErrorCode[] = ['CREDENTIALS_EXPIRED', 'CREDENTIALS_INVALID', 'CREDENTIALS_MISSING']

/** For one session on one bastion. */
const ATTEMPT_MS = 20_000
const BACKOFF = {attempts: Infinity, baseMs: 500, capMs: 30_000}
/** While credentials are waited for: a login is seen so soon. */
const LOGIN_LOOK_MS = 1000
/** While a program waits at the local end. */
const HURRIED_MS = 3000

/** Connections that end with their session are seen a moment later. */
const SETTLE_MS = 50

export interface KeepWish {
  /** Whether Session Manager shall see no idle session. */
  readonly keepAlive: boolean
  readonly changed: (health: Health) => void
}

/** How a tunnel is, and since when, in milliseconds since the epoch. */
export interface Health {
  readonly state: TunnelState
  readonly since: number
  /** Why it is not up: one sentence. */
  readonly why?: string | undefined
  /** The one that carries it, or the last one that did. */
  readonly session: Link
}

/** What a keeper needs of a tunnel. */
type KeptTunnel = Pick<Tunnel, 'target' | 'localEnd' | 'opened' | 'connector'>

type KeepPorts = Pick<Ports, 'clock' | 'networks'> & {
  readonly aws: Pick<AwsApi, 'loginMark' | 'mayRenewCredentials'>
}

/**
 * Keeps the local end of a tunnel leading to its database, for days: up → lost → another session, on the next bastion if need
 * be, until what fails cannot pass by itself. Whether it is lost the database says, and it is asked only when something
 * gives reason to: a tunnel that nobody uses falls asleep when Session Manager ends its session.
 */
export class Keeper {
  readonly #tunnel: KeptTunnel
  readonly #wish: KeepWish
  readonly #ports: KeepPorts
  readonly #run: Run
  readonly #doubt = new Wakeup()
  readonly #dismissals: OnceAMinute
  #discovery: Discovery
  #health: Health
  /** Connections that have failed since the database answered. */
  #failures = 0
  #isShut = false

  constructor(tunnel: KeptTunnel, wish: KeepWish, ports: KeepPorts, run: Run) {
    this.#tunnel = tunnel
    this.#wish = wish
    this.#ports = ports
    this.#run = run
    this.#dismissals = new OnceAMinute(ports.clock)
    this.#discovery = tunnel.opened.discovery
    this.#health = {state: 'up', since: ports.clock.now(), session: tunnel.opened.session}
  }

  get health(): Health {
    return this.#health
  }

  /** Something has happened to this process or its machine: is the database still there? */
  look(): void {
    this.#doubt.ring()
  }

  /** Rejects when what is lost cannot come back, or with the reason of the run's signal. */
  async keep(): Promise<never> {
    this.#tunnel.localEnd.watch({
      failed: () => {
        this.#failures++
        this.look()
      },
      dismissed: () => this.#dismissals.tell((count) => this.#say(this.#dismissed(count))),
    })
    for (let opened = this.#tunnel.opened; ;) {
      const loss = await this.#untilLost(opened)
      opened = await this.#another(opened, loss)
    }
  }

  get #name(): string {
    return this.#tunnel.target.name
  }

  #dismissed(count: number): string {
    const connections = countText(count, 'connection')
    const closed = count === 1 ? 'was closed' : 'were closed'
    return `${connections} waited ${MOST_WAIT_MS / 1000} s for a session of ${this.#name}, got none, and ${closed}.`
  }

  /** Up: resolves when it is so no longer. */
  #untilLost(opened: OpenedSession): Promise<Loss> {
    return untilLost(opened, this.#tunnel, {
      clock: this.#ports.clock,
      networks: this.#ports.networks,
      doubt: this.#doubt,
      keepAlive: this.#wish.keepAlive,
      run: this.#run,
      proven: () => void (this.#failures = 0),
      openOther: (run) => this.#openOnAny(this.#discovery, true, run),
    })
  }

  /** Lost: resolves when the local end leads to the database again. */
  async #another(old: OpenedSession, loss: Loss): Promise<OpenedSession> {
    const {localEnd} = this.#tunnel
    const {clock, keepAlive} = {...this.#ports, ...this.#wish}
    this.#run.say.debug(`session ${old.session.id} is over: ${loss.error.message}`)
    const lostAt = clock.now()
    localEnd.hold()
    await clock.sleep(SETTLE_MS, this.#run.signal)
    const mayRest = loss.byService === true && this.#failures === 0 && !keepAlive
    let opened = loss.other
    if (opened) this.#say(new LossStory(this.#name, loss.error).end(opened.session, 0, this.#failures))
    for (let wokenAt = lostAt, story = new LossStory(this.#name, loss.error); !opened;) {
      if (mayRest && localEnd.waiting === 0) {
        await this.#sleep(old, loss)
        wokenAt = clock.now()
        story = new LossStory(this.#name, undefined)
      }
      this.#change('replacing', loss.error.message)
      opened = await this.#open(loss, story, () => mayRest && localEnd.waiting === 0)
      if (opened) this.#say(story.end(opened.session, clock.now() - wokenAt, this.#failures))
    }
    localEnd.lead(opened.session.accept)
    this.#failures = 0
    this.#change('up', undefined, opened.session)
    void old.taken.undo()
    return opened
  }

  /** Until a program wants something. */
  async #sleep(old: OpenedSession, {error}: Loss): Promise<void> {
    if (this.#health.state === 'up')
      this.#say(`${this.#name} is asleep: ${error.message} The next connection wakes it.`)
    this.#change('asleep', error.message)
    void old.taken.undo()
    await this.#tunnel.localEnd.knock(this.#run.signal)
  }

  /** As often as it takes; undefined when nobody wants it any more. */
  async #open(loss: Loss, story: LossStory, isUnwanted: () => boolean): Promise<OpenedSession | undefined> {
    const {connector, target} = this.#tunnel
    let isStale = false
    for (let attempt = 1; ; attempt++) {
      let place = target.endpoint
      try {
        const discovery = isStale ? await connector.discover(this.#run) : this.#discovery
        place = discovery.target.endpoint
        if (isSame(place, target.endpoint)) return await this.#openOnAny(discovery, loss.byProbe === true, this.#run)
      } catch (error) {
        this.#run.signal.throwIfAborted()
        if (!isDbtunnelError(error)) throw error
        // AWS's answer may be the only thing missing.
        const mayHelp: boolean = !isStale && hasCode(error, ...MAY_BE_STALE)
        isStale ||= mayHelp
        if (mayHelp) continue
        if (hasCode(error, ...OF_CREDENTIALS)) this.#shut(error, story)
        else if (hasCode(error, ...PASSING)) this.#delay(error, story)
        else throw gone(error)
        if (!this.#isShut && isUnwanted()) return undefined
        await this.#pause(attempt)
      }
      if (!isSame(place, target.endpoint)) throw moved(target, place)
    }
  }

  async #openOnAny(discovery: Discovery, isDistrusted: boolean, run: Run): Promise<OpenedSession> {
    const {bastions} = discovery
    const {id} = this.#health.session.via.bastion
    const isLast = (bastion: {id: string}): boolean => isDistrusted && bastion.id === id
    const inOrder = [...bastions.filter((one) => !isLast(one)), ...bastions.filter(isLast)]
    let failure: unknown = fail('BASTION_NONE', 'There is no bastion.')
    for (const bastion of inOrder) {
      const attempt = partOf(run.undo)
      try {
        const within = {...run, undo: attempt}
        const opened = await this.#tunnel.connector.open({...discovery, bastions: [bastion]}, ATTEMPT_MS, within)
        this.#unshut()
        this.#discovery = discovery
        return opened
      } catch (error) {
        await attempt.undo()
        run.signal.throwIfAborted()
        if (!hasCode(error, ...OF_ONE_BASTION)) throw error
        this.#run.say.debug(`not by ${nodeName(bastion)}: ${error.message}`)
        failure = error
      }
    }
    throw failure
  }

  #delay(error: DbtunnelError, story: LossStory): void {
    this.#unshut()
    this.#change('replacing', error.message)
    this.#say(story.delay(error))
  }

  /** Credentials have to come from the user; until then connections are reset, and not left to wait. */
  #shut(error: DbtunnelError, story: LossStory): void {
    if (!this.#ports.aws.mayRenewCredentials()) throw gone(error)
    if (!this.#isShut) this.#tunnel.localEnd.shut()
    this.#isShut = true
    this.#change('waiting-for-credentials', error.message)
    this.#say(story.credentials(error))
  }

  #unshut(): void {
    if (this.#isShut) this.#tunnel.localEnd.hold()
    this.#isShut = false
  }

  async #pause(attempt: number): Promise<void> {
    const {aws, clock} = this.#ports
    const {signal} = this.#run
    const capMs = this.#tunnel.localEnd.waiting > 0 ? HURRIED_MS : BACKOFF.capMs
    const until = clock.now() + backoffDelay({...BACKOFF, capMs}, attempt + 1)
    if (!this.#isShut) return clock.sleep(until - clock.now(), signal)
    const before = await aws.loginMark()
    while (clock.now() < until && (await aws.loginMark()) === before) {
      await clock.sleep(Math.min(LOGIN_LOOK_MS, until - clock.now()), signal)
    }
  }

  #change(state: TunnelState, why: string | undefined, session = this.#health.session): void {
    const isSame = this.#health.state === state && this.#health.session === session
    this.#health = {state, why, session, since: isSame ? this.#health.since : this.#ports.clock.now()}
    if (!isSame) this.#wish.changed(this.#health)
  }

  #say(line: string | undefined): void {
    if (line !== undefined) this.#run.say.notice(line)
  }
}

/** Name, certificate and password of all clients are for one place. */
function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.host === other.host && one.port === other.port
}

function moved({name, endpoint}: Target, {host, port}: Endpoint): DbtunnelError {
  return fail('TUNNEL_LOST', `${name} is at ${host}:${port} now, and no longer at ${endpoint.host}:${endpoint.port}.`, {
    hint: 'Run the command again.',
  })
}

/** The missing part will not come back on its own. The code of the error says what is missing. */
function gone(error: DbtunnelError): DbtunnelError {
  return fail(error.code, `The tunnel is lost, and cannot come back: ${error.message}`, {
    hint: error.hint,
    cause: error,
  })
}
