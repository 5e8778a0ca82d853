import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {connect, type NetConnectOpts, type Socket} from 'node:net'
import {afterEach, describe, expect, it} from 'vitest'
import {connectionOwners} from '../../../../src/adapters/network/connection-owners.js'
import {listenPort} from '../../../../src/adapters/network/listen.js'
import type {Listener, LocalSocket} from '../../../../src/core/ports/network.js'
import {NOBODY} from '../../../support/ordinary-user.js'
import {isRoot, otherUserCalls} from '../../../support/other-user.js'
import {until} from '../../../support/until.js'

const owners = connectionOwners()
const uid = process.geteuid?.() ?? -1
const opened: (() => unknown)[] = []

afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

/** A port that keeps what arrives. */
async function port(): Promise<{listener: Listener; arrived: LocalSocket[]}> {
  const arrived: LocalSocket[] = []
  const listener = await listenPort.listen(0, (socket) => void arrived.push(socket.on('error', () => {})))
  opened.push(() => listener.close())
  return {listener, arrived}
}

/** Both ends of a connection. */
async function ends(how: Partial<NetConnectOpts> = {}): Promise<{near: Socket; socket: LocalSocket}> {
  const {listener, arrived} = await port()
  const near = connect({port: listener.port, host: '127.0.0.1', allowHalfOpen: true, ...how})
  near.on('error', () => {})
  opened.push(() => near.destroy())
  await once(near, 'connect')
  await until('the arrival', () => arrived.length === 1)
  return {near, socket: arrived[0] as LocalSocket}
}

describe.runIf(process.platform === 'linux')('the owner of a connection', () => {
  it.each<[string, Partial<NetConnectOpts>]>([
    ['of this process', {}],
    ['from an IPv6 socket', {host: '::ffff:127.0.0.1'}],
    ['from another address of this machine', {localAddress: '127.0.0.2'}],
  ])('is this user for one %s', async (_, how) => {
    const {socket} = await ends(how)
    expect(await owners.ownerOf(socket)).toMatchObject({kind: 'user', uid})
  })

  it('is still this user when the program has said all and only listens', async () => {
    const {near, socket} = await ends()
    near.end('select')
    await once(near, 'finish')
    expect(await owners.ownerOf(socket)).toMatchObject({kind: 'user', uid})
  })

  it('is nobody once the program has closed it: then the kernel shows root’s uid', async () => {
    const {near, socket} = await ends()
    near.destroy()
    await once(near, 'close')
    expect(await owners.ownerOf(socket)).toEqual({kind: 'closed'})
  })

  it('is nobody once the program has reset it', async () => {
    const {near, socket} = await ends()
    near.resetAndDestroy()
    await once(near, 'close')
    expect(await owners.ownerOf(socket)).toMatchObject({kind: expect.stringMatching(/^(closed|none)$/)})
  })

  it('is no program of this machine for one that it has no socket of', async () => {
    const {socket} = await ends()
    const {localAddress, localPort, remoteAddress} = socket
    const elsewhere = {localAddress, localPort, remoteAddress, remotePort: 1} as LocalSocket
    expect(await owners.ownerOf(elsewhere)).toEqual({kind: 'none'})
  })

  it('is told for a thousand that arrive together', async () => {
    const {listener, arrived} = await port()
    const callers = Array.from({length: 1000}, () => connect({port: listener.port, host: '127.0.0.1'}))
    opened.push(() => callers.forEach((socket) => socket.destroy()))
    await until('all of them', () => arrived.length === 1000)
    const found = await Promise.all(arrived.map((socket) => owners.ownerOf(socket)))
    expect(new Set(found.map((owner) => owner.kind === 'user' && owner.uid))).toEqual(new Set([uid]))
  })

  it.runIf(isRoot)('is another user, and what is known of the program', async () => {
    const {listener, arrived} = await port()
    const other = otherUserCalls(listener.port)
    opened.push(() => other.leave())
    await until('the arrival', () => arrived.length === 1)
    const owner = await owners.ownerOf(arrived[0] as LocalSocket)
    expect(owner).toMatchObject({kind: 'user', uid: NOBODY})
    const socketId = owner.kind === 'user' ? owner.socketId : ''
    expect(owners.programOf(socketId)).toEqual({pid: other.child.pid, program: expect.any(String)})
  })
})

/** What this adapter says in a process of its own, started by `argv`. */
async function obstacleIn(argv: readonly string[]): Promise<unknown> {
  const script = `import {connectionOwners} from '${new URL('../../../../src/adapters/network/connection-owners.ts', import.meta.url).pathname}'
console.log(JSON.stringify([process.geteuid(), connectionOwners().obstacle ?? null]))`
  const [file = '', ...rest] = [...argv, process.execPath, '--import', 'tsx', '--input-type=module', '-e', script]
  const child = spawn(file, rest, {stdio: ['ignore', 'pipe', 'inherit']})
  let text = ''
  child.stdout.on('data', (piece) => (text += String(piece)))
  await once(child, 'close')
  return JSON.parse(text)
}

describe.runIf(process.platform === 'linux')('what cannot be told', () => {
  it('is nothing for an ordinary user and root', () => {
    expect(owners.obstacle).toBeUndefined()
    expect(owners.hasOutsiders).toBe(false)
  })

  it('is nothing for a user who really has the number 65534', async () => {
    if (isRoot) expect(await obstacleIn(['setpriv', '--reuid=65534', '--clear-groups'])).toEqual([65_534, null])
  })

  it('is who is who in a user namespace where this user has no number', async () => {
    expect(await obstacleIn(['unshare', '-U'])).toEqual([
      65_534,
      {why: 'in this user namespace all users outside look like you (uid 65534)', isUsual: false},
    ])
  })

  it('is nothing in a user namespace where this user has one', async () => {
    expect(await obstacleIn(['unshare', '-U', '-r'])).toEqual([0, null])
  })
})

it('on a system without these tables, it is said that it cannot be told', () => {
  expect(connectionOwners('darwin').obstacle).toEqual({
    why: 'on this system dbtunnel cannot see whose program a connection is from',
    isUsual: true,
  })
})
