import {existsSync, readFileSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {endianness} from 'node:os'
import type {ConnectionOwner, ConnectionOwners, LocalSocket} from '../../core/ports/network.js'
import {processWith} from './port-owner.js'
import {type TcpLine, tcpLines} from './tcp-table.js'

/** While the kernel prints its table sockets come and go, and a line may be left out of one reading. */
const READINGS = 3
/** The first user namespace: all uids are what they are. */
const ALL_UIDS = /^\s*0\s+0\s+4294967295\s*$/

type Table = ReadonlyMap<string, TcpLine>

/**
 * Looks for the program's own line of a connection in the kernel's tables. Node has no SO_PEERCRED, and TCP none at all.
 * Connections that arrive together share a reading.
 */
export function connectionOwners(platform: NodeJS.Platform = process.platform): ConnectionOwners {
  const readTable = (path: string) => oneAtATime(async () => tableIn(await readFile(path, 'latin1')))
  const [ipv4, ipv6] = [readTable('/proc/net/tcp'), readTable('/proc/net/tcp6')]
  let obstacle: ConnectionOwners['obstacle']
  let isObstacleKnown = false

  return {
    ownUid: process.geteuid?.() ?? -1,
    get obstacle() {
      if (!isObstacleKnown) obstacle = obstacleOn(platform)
      isObstacleKnown = true
      return obstacle
    },
    get hasOutsiders() {
      return platform === 'linux' && isMirroredWsl()
    },
    async ownerOf(socket) {
      // Of one that was reset nothing is left to look for.
      const keys = keysOf(socket)
      if (!keys) return {kind: 'closed'}
      for (let reading = 1; reading <= READINGS; reading++) {
        const line = (await lineIn(ipv4, keys.ipv4)) ?? (await lineIn(ipv6, keys.ipv6))
        if (line) return ownerIn(line)
      }
      return {kind: 'none'}
    },
    programOf: (socketId) => (platform === 'linux' ? processWith(new Set([`socket:[${socketId}]`])) : undefined),
  }
}

function ownerIn({uid, inode}: TcpLine): ConnectionOwner {
  // The kernel keeps a line for a while when the program has closed its socket, with no inode and root's uid.
  return inode === '0' ? {kind: 'closed'} : {kind: 'user', uid, socketId: inode}
}

/** How the program's own line begins in each of the tables; Node asks the kernel for the addresses here. */
function keysOf(socket: LocalSocket): {readonly ipv4: string; readonly ipv6: string} | undefined {
  const {remoteAddress, remotePort, localAddress, localPort} = socket
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  if (localAddress === undefined || localPort === undefined) return undefined
  const [near, far] = [hexOf(remoteAddress), hexOf(localAddress)]
  const [nearPort, farPort] = [hexPort(remotePort), hexPort(localPort)]
  // ::ffff:127.0.0.1, as programs have it that use one socket for both.
  const mapped = endianness() === 'LE' ? '0000000000000000FFFF0000' : '00000000000000000000FFFF'
  return {
    ipv4: `${near}:${nearPort} ${far}:${farPort}`,
    ipv6: `${mapped}${near}:${nearPort} ${mapped}${far}:${farPort}`,
  }
}

/** An IPv4 address as the kernel prints it: a number in the machine's own order of bytes. */
function hexOf(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, '0'))
  return (endianness() === 'LE' ? bytes.reverse() : bytes).join('')
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}

async function lineIn(read: () => Promise<Table>, key: string): Promise<TcpLine | undefined> {
  // A table that cannot be read says of nobody that he may come in.
  return read().then(
    (table) => table.get(key),
    () => undefined,
  )
}

function tableIn(text: string): Table {
  return new Map([...tcpLines(text)].map((line) => [`${line.local} ${line.remote}`, line]))
}

/** A caller gets a reading that begins after the call; all who call while one is under way share the next one. */
function oneAtATime<T>(read: () => Promise<T>): () => Promise<T> {
  let current: Promise<unknown> = Promise.resolve()
  let next: Promise<T> | undefined
  return () =>
    (next ??= current.then(() => {
      next = undefined
      const reading = read()
      current = reading.catch(() => {})
      return reading
    }))
}

function obstacleOn(platform: NodeJS.Platform): ConnectionOwners['obstacle'] {
  if (platform !== 'linux') {
    return {why: 'on this system dbtunnel cannot see whose program a connection is from', isUsual: true}
  }
  if (read('/proc/net/tcp') === undefined) {
    return {why: 'whose program a connection is from stands in /proc/net/tcp, which cannot be read', isUsual: false}
  }
  const overflow = Number(read('/proc/sys/kernel/overflowuid') ?? 65_534)
  const isOverflow = process.geteuid?.() === overflow
  if (isOverflow && !ALL_UIDS.test(read('/proc/self/uid_map') ?? '')) {
    return {why: `in this user namespace all users outside look like you (uid ${overflow})`, isUsual: false}
  }
  return undefined
}

/** Programs of Windows connect to 127.0.0.1, too, and have no socket in this kernel. This interface is what they come by. */
function isMirroredWsl(): boolean {
  return /microsoft/i.test(read('/proc/sys/kernel/osrelease') ?? '') && existsSync('/sys/class/net/loopback0')
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
