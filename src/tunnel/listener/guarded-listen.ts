import {countText} from '../../core/text/amounts.js'
import {OnceAMinute} from '../../core/once-a-minute.js'
import type {Clock} from '../../core/ports/clock.js'
import {harmless} from '../../core/text/printable.js'
import type {ConnectionOwner, ConnectionOwners, ListenPort, LocalSocket} from '../../core/ports/network.js'
import type {Ports} from '../../core/ports/ports.js'

const ROOT = 0

export interface GuardPorts extends Pick<Ports, 'connections' | 'connectionOwners' | 'listen'> {
  readonly clock: Pick<Clock, 'now'>
}

export interface GuardWish {
  /** Whether programs of other users may connect, too. */
  readonly allowOtherUsers: boolean
  /** Whether each connection is logged in: then programs without an owner may not, either. */
  readonly isAutoLogin?: boolean | undefined
  /** What lets them in; undefined where nothing does. */
  readonly mend?: string | undefined
  readonly say: (line: string) => void
}

/**
 * Listens for programs of this user and of root alone. Nothing happens on behalf of others: theirs are reset before a byte
 * of theirs is read by anyone. So are those that are too many. Who was refused is told once a minute, and once what
 * cannot be told apart here.
 */
export function guardedListen(wish: GuardWish, {clock, connections, connectionOwners, listen}: GuardPorts): ListenPort {
  const refusals = new OnceAMinute(clock)
  const crowds = new OnceAMinute(clock)
  let areOutsidersTold = false

  const isWelcome = (owner: ConnectionOwner): boolean => {
    if (owner.kind === 'user') return owner.uid === connectionOwners.ownUid || owner.uid === ROOT
    if (owner.kind === 'closed' || !connectionOwners.hasOutsiders || wish.isAutoLogin) return false
    if (!areOutsidersTold) {
      wish.say('Programs of Windows can connect, too: with WSL’s mirrored network it cannot be told whose they are.')
    }
    areOutsidersTold = true
    return true
  }
  const refuse = (socket: LocalSocket, owner: ConnectionOwner, port: number): void => {
    socket.resetAndDestroy()
    // It has closed its connection itself; there is nobody left to name.
    if (owner.kind === 'closed') return
    refusals.tell((count) => wish.say(refusalOf(owner, port, count, connectionOwners, wish.mend)))
  }
  const crowded = (socket: LocalSocket): void => {
    socket.resetAndDestroy()
    crowds.tell((count) =>
      wish.say(
        `Refused ${countText(count, 'connection')}: ${connections.most} at a time are the most, by the limit of open files (ulimit -n).`,
      ),
    )
  }

  return {
    async listen(port, onConnection) {
      const {allowOtherUsers} = wish
      const admit = (socket: LocalSocket): void => {
        const giveBack = connections.takePlace()
        if (!giveBack) return crowded(socket)
        socket.once('close', giveBack)
        onConnection(socket)
      }
      const look = async (socket: LocalSocket): Promise<void> => {
        const over = connections.takeLook()
        if (!over) return crowded(socket)
        const owner = await connectionOwners.ownerOf(socket)
        over()
        if (socket.destroyed) return
        if (isWelcome(owner)) admit(socket)
        else refuse(socket, owner, listener.port)
      }
      const isOpenToAll = allowOtherUsers || connectionOwners.obstacle !== undefined
      const listener = await listen.listen(port, (socket) => {
        socket.on('error', () => {
          // 'close' follows.
        })
        if (isOpenToAll) admit(socket)
        else void look(socket)
      })
      return listener
    },
  }
}

function refusalOf(
  owner: Exclude<ConnectionOwner, {kind: 'closed'}>,
  port: number,
  count: number,
  owners: ConnectionOwners,
  mend: string | undefined,
): string {
  const from = owner.kind === 'none' ? 'from no program of this machine' : `from ${strangerOf(owner, owners)}`
  const line =
    count === 1
      ? `Refused a connection to port ${port} ${from}.`
      : `Refused ${count} connections to port ${port}, the last one ${from}.`
  return mend === undefined || owner.kind === 'none' ? line : `${line} To let other users in: ${mend}`
}

function strangerOf({uid, socketId}: Extract<ConnectionOwner, {kind: 'user'}>, owners: ConnectionOwners): string {
  const program = owners.programOf(socketId)
  const details = program ? [`${harmless(program.program)}, pid ${program.pid}`] : []
  return `another user's program (${[`uid ${uid}`, ...details].join(', ')})`
}
