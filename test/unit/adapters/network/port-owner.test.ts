import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {describe, expect, it, onTestFinished} from 'vitest'
import {portOwners} from '../../../../src/adapters/network/port-owner.js'
import {freePort, listenSomewhere} from '../../../support/free-port.js'

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
