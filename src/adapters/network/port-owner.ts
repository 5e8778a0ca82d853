import {execFile} from 'node:child_process'
import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {endianness} from 'node:os'
import {basename} from 'node:path'
import type {PortHolder, PortOwner, PortOwners} from '../../core/ports/network.js'
import {type TcpLine, tcpLines} from './tcp-table.js'

const LISTENING = '0A'
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']
/** What gets connections to 127.0.0.1: that address itself and all addresses, of IPv4 and of IPv6. */
const AT_LOOPBACK =
  endianness() === 'LE'
    ? ['0100007F', '00000000', '0000000000000000FFFF00000100007F', '0'.repeat(32)]
    : ['7F000001', '00000000', '00000000000000000000FFFF7F000001', '0'.repeat(32)]

/** Who listens on a port of this machine, as far as we may see. */
export function portOwners(platform: NodeJS.Platform = process.platform): PortOwners {
  return platform === 'linux'
    ? {ownerOf: async (port) => linuxOwner(port), holdersOf: async (port) => linuxHolders(port)}
    : {ownerOf: async (port) => (await lsofHolders(port))[0]?.owner, holdersOf: lsofHolders}
}

function linuxOwner(port: number): PortOwner | undefined {
  const inodes = new Set(listeners(port).map(socketOf))
  return inodes.size === 0 ? undefined : processWith(inodes)
}

function linuxHolders(port: number): readonly PortHolder[] {
  return listeners(port)
    .filter(({local}) => AT_LOOPBACK.includes(local.split(':')[0] ?? ''))
    .map((line) => ({uid: line.uid, owner: processWith(new Set([socketOf(line)]))}))
}

/** Which process has one of these sockets (`socket:[INODE]`), of those whose files we may see. */
export function processWith(sockets: ReadonlySet<string>): PortOwner | undefined {
  for (const pid of look(() => readdirSync('/proc')).filter((name) => /^\d+$/.test(name))) {
    const fds = look(() => readdirSync(`/proc/${pid}/fd`))
    const isOwner = fds.some((fd) =>
      look(() => [readlinkSync(`/proc/${pid}/fd/${fd}`)]).some((link) => sockets.has(link)),
    )
    const program = isOwner ? programOf(pid) : undefined
    if (program !== undefined) return {pid: Number(pid), program}
  }
  return undefined
}

/** The name that people know. A main thread may have a name of its own: in Node 24 it is "MainThread". */
function programOf(pid: string): string | undefined {
  const [name] = look(() => [readFileSync(`/proc/${pid}/comm`, 'utf8').trim()])
  const words = look(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'))
  if (name === undefined || words.some((word) => basename(word).startsWith(name))) return name
  const [file = name] = look(() => [basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '')])
  return file
}

function listeners(port: number): readonly TcpLine[] {
  const text = TABLES.flatMap((table) => look(() => [readFileSync(table, 'latin1')])).join('')
  return [...tcpLines(text)].filter(
    ({local, state}) => state === LISTENING && Number.parseInt(local.split(':')[1] ?? '', 16) === port,
  )
}

function socketOf({inode}: TcpLine): string {
  return `socket:[${inode}]`
}

/** Processes end while they are looked at, and others are not ours to look at. */
function look(read: () => string[]): readonly string[] {
  try {
    return read()
  } catch {
    return []
  }
}

/** Of other users' programs it tells root alone. */
function lsofHolders(port: number): Promise<readonly PortHolder[]> {
  const argv = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpcu']
  return new Promise((resolve) => {
    execFile('/usr/sbin/lsof', argv, {timeout: 2000, env: {}}, (_, output) => {
      const found = output.matchAll(/^p(\d+)\nc(.*)\nu(\d+)$/gm)
      resolve([...found].map(([, pid, program = '', uid]) => ({uid: Number(uid), owner: {pid: Number(pid), program}})))
    })
  })
}
