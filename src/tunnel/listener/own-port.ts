import {fail, hasCode} from '../../core/errors.js'
import type {ConnectionOwners, PortHolder, PortOwners} from '../../core/ports/network.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Run} from '../../core/run.js'
import type {LocalEnd} from './listener.js'

/** Below these are root and the services of the system; above them are people. */
const FIRST_PERSON = 1000
/** Between a look and a try the port may change hands. */
const TRIES = 5
const PAUSE_MS = 100
/** So often it is tried again to have a port that belongs to others. */
const RETRY_MS = 1000

export interface OwnPortPorts extends Pick<Ports, 'clock'> {
  readonly connectionOwners: Pick<ConnectionOwners, 'ownUid' | 'obstacle'>
  readonly portOwners: Pick<PortOwners, 'holdersOf'>
}

export interface OwnPortWish {
  /** The endpoint's name, which is about to lead to 127.0.0.1, and its port. */
  readonly host: string
  readonly port: number
  /** Whether the port shall lead to the database, too; else it is only looked at. */
  readonly isWanted: boolean
}

/** Where programs end up that connect to a database's own port, once its name leads to 127.0.0.1. */
export interface OwnPort {
  /** Why its name must not lead there: a person who is someone else could be taken for the database. */
  readonly obstacle?: string | undefined
  /** Who has the port without doing harm: another tunnel or program of this user, root, a service of the system. */
  readonly holder?: string | undefined
  /** From now on takes the port once it is free. Calls `lost`, once, when someone else has it before. */
  watch(lost: (why: string) => void): void
  giveBack(): Promise<void>
}

/**
 * Takes the port, if that is wanted and nobody has it, until it is given back or the run is undone. Never rejects with
 * PORT_IN_USE.
 */
export async function takeOwnPort(
  localEnd: Pick<LocalEnd, 'port' | 'alsoAt'>,
  wish: OwnPortWish,
  ports: OwnPortPorts,
  run: Run,
): Promise<OwnPort> {
  const {clock} = ports
  const {port} = wish
  const over = new AbortController()
  let stop: (() => void) | undefined
  const giveBack = run.undo.push("database's own port", 'local', () => {
    over.abort(fail('INTERRUPTED', 'Interrupted.'))
    stop?.()
  })
  const isFirst = localEnd.port === port
  /** Whether the port leads to this tunnel. */
  const take = async (): Promise<boolean> => {
    if (isFirst || stop) return true
    if (!wish.isWanted || over.signal.aborted) return false
    try {
      const taken = await localEnd.alsoAt(port)
      // The run may have been undone meanwhile.
      if (over.signal.aborted) taken()
      else stop = taken
      return true
    } catch (error) {
      if (!hasCode(error, 'PORT_IN_USE')) throw error
      return false
    }
  }
  const look = async (): Promise<Pick<OwnPort, 'obstacle' | 'holder'>> => {
    for (let tries = 1; ; tries++) {
      if (await take()) return {}
      const holders = await ports.portOwners.holdersOf(port)
      const strange = holders.find((holder) => !isTrusted(holder, ports))
      if (strange) return {obstacle: `${placeOf(wish)}, is taken by ${nameOf(strange, "another user's program")}`}
      const [holder] = holders
      if (holder) return {holder: nameOf(holder, 'another program')}
      // Left free, and it is.
      if (!wish.isWanted) return {}
      if (tries === TRIES) return {obstacle: `${placeOf(wish)}, is taken by a program that cannot be seen`}
      await clock.sleep(PAUSE_MS, run.signal)
    }
  }
  const watch = async (lost: (why: string) => void): Promise<void> => {
    while (wish.isWanted && !isFirst && !stop) {
      await clock.sleep(RETRY_MS, over.signal)
      const {obstacle} = await look()
      over.signal.throwIfAborted()
      if (obstacle !== undefined) return lost(obstacle)
    }
  }
  return {
    ...(await look()),
    // Ends when it is given back.
    watch: (lost) => void watch(lost).catch(() => {}),
    giveBack,
  }
}

function isTrusted({uid}: PortHolder, {connectionOwners: {ownUid, obstacle}}: OwnPortPorts): boolean {
  // Where users cannot be told apart, our own number is everybody's.
  return uid < FIRST_PERSON || (uid === ownUid && (obstacle === undefined || obstacle.isUsual))
}

function placeOf({host, port}: OwnPortWish): string {
  return `Port ${port} on 127.0.0.1, where a line in the hosts file would lead programs that want ${host}`
}

function nameOf({uid, owner}: PortHolder, unknown: string): string {
  return owner ? `${owner.program} (uid ${uid}, pid ${owner.pid})` : `${unknown} (uid ${uid})`
}
