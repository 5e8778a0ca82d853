import {execFile} from 'node:child_process'
import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {basename} from 'node:path'
import type {PortOwner, PortOwners} from '../../core/ports/network.js'
import {tcpLines} from './tcp-table.js'

const LISTENING = '0A'

/** Who listens on a port of this machine, as far as we may see. */
export function portOwners(platform: NodeJS.Platform = process.platform): PortOwners {
  return {ownerOf: platform === 'linux' ? async (port) => linuxOwner(port) : lsofOwner}
}

function linuxOwner(port: number): PortOwner | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port)))
  return inodes.size === 0 ? undefined : processWith(inodes)
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

function listeners(table: string, port: number): readonly string[] {
  const [text = ''] = look(() => [readFileSync(table, 'latin1')])
  return [...tcpLines(text)]
    .filter(({local, state}) => state === LISTENING && Number.parseInt(local.split(':')[1] ?? '', 16) === port)
    .map(({inode}) => `socket:[${inode}]`)
}

/** Processes end while they are looked at, and others are not ours to look at. */
function look(read: () => string[]): readonly string[] {
  try {
    return read()
  } catch {
    return []
  }
}

function lsofOwner(port: number): Promise<PortOwner | undefined> {
  const argv = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']
  return new Promise((resolve) => {
    execFile('/usr/sbin/lsof', argv, {timeout: 2000, env: {}}, (_, output) => {
      const [, pid, program] = /^p(\d+)\nc(.*)$/m.exec(output) ?? []
      resolve(pid !== undefined && program !== undefined ? {pid: Number(pid), program} : undefined)
    })
  })
}
