import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {type AddressInfo, createServer} from 'node:net'
import {describe, expect, it, onTestFinished} from 'vitest'
import {portOwners} from '../../../../src/adapters/network/port-owner.js'
import {freePort, listenSomewhere} from '../../../support/free-port.js'
import {NOBODY} from '../../../support/ordinary-user.js'
import {isRoot, otherUserListens} from '../../../support/other-user.js'

describe('the owner of a port', () => {
  it('is this process, when it listens there', async () => {
    const {server, port} = await listenSomewhere()
    expect(await portOwners().ownerOf(port)).toEqual({pid: process.pid, program: expect.any(String)})
    server.close()
  })

  it.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('is a program that listens on %s', async (address) => {
    const script = `require('net').createServer().listen(0, '${address}', function () { console.log(this.address().port) })`
    const child = spawn(process.execPath, ['-e', script], {stdio: ['ignore', 'pipe', 'inherit']})
    onTestFinished(() => void child.kill())
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    expect(await portOwners().ownerOf(Number(line))).toEqual({pid: child.pid, program: expect.stringMatching(/node/i)})
  })

  it.runIf(process.platform === 'linux')(
    'has the name of its program, whatever its main thread is called',
    async () => {
      const rename = `require('fs').writeFileSync('/proc/self/comm', 'MainThread')`
      const listen = `require('net').createServer().listen(0, function () { console.log(this.address().port) })`
      const child = spawn(process.execPath, ['-e', `${rename}; ${listen}`], {stdio: ['ignore', 'pipe', 'inherit']})
      onTestFinished(() => void child.kill())
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      expect(await portOwners().ownerOf(Number(line))).toEqual({pid: child.pid, program: 'node'})
      child.kill()
      await once(child, 'exit')
    },
  )

  it('is nobody when nobody listens', async () => {
    expect(await portOwners().ownerOf(await freePort())).toBeUndefined()
  })
})

describe('those who get connections to a port of 127.0.0.1', () => {
  it.each([
    ['127.0.0.1', 1],
    ['0.0.0.0', 1],
    ['::', 1],
    ['::ffff:127.0.0.1', 1],
    ['::1', 0],
    ['127.0.0.2', 0],
  ])('a program that listens on %s: %i', async (address, count) => {
    const server = createServer().listen(0, address)
    await once(server, 'listening')
    const holders = await portOwners().holdersOf((server.address() as AddressInfo).port)
    const owner = {pid: process.pid, program: expect.any(String)}
    expect(holders).toEqual(Array(count).fill({uid: process.geteuid?.(), owner}))
    server.close()
  })

  it.runIf(isRoot)('a program of another user', async () => {
    const port = await freePort()
    const other = await otherUserListens(port)
    expect(await portOwners().holdersOf(port)).toEqual([
      {uid: NOBODY, owner: {pid: expect.any(Number), program: expect.any(String)}},
    ])
    await other.leave()
  })
})
