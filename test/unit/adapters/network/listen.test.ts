import {once} from 'node:events'
import {connect, createServer, type AddressInfo} from 'node:net'
import {afterEach, describe, expect, it} from 'vitest'
import {listenPort} from '../../../../src/adapters/network/listen.js'
import type {Listener, LocalSocket} from '../../../../src/core/ports/network.js'

const listeners: Listener[] = []

afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close()
})

async function listen(onConnection: (socket: LocalSocket) => void = () => {}, port = 0): Promise<Listener> {
  const listener = await listenPort.listen(port, onConnection)
  listeners.push(listener)
  return listener
}

describe('listening', () => {
  it('is on 127.0.0.1 and nowhere else', async () => {
    const {port} = await listen()
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.destroy()
    const [error] = await once(connect(port, '127.0.0.2'), 'error')
    expect(error).toMatchObject({code: 'ECONNREFUSED'})
  })

  it('says which port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const {port} = other.address() as AddressInfo
    await expect(listenPort.listen(port, () => {})).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      exitCode: 73,
      message: expect.stringContaining(String(port)),
      hint: expect.stringContaining('--local-port'),
    })
    other.close()
  })

  it('takes a port that it gave up a moment ago', async () => {
    const first = await listen((socket) => socket.end('bye'))
    const socket = connect(first.port, '127.0.0.1').resume()
    await once(socket, 'close')
    await first.close()
    expect((await listen(() => {}, first.port)).port).toBe(first.port)
  })

  it('lets a program half-close and still hear', async () => {
    const {port} = await listen((socket) => {
      socket.resume()
      socket.on('end', () => setImmediate(() => socket.end('answer')))
    })
    const socket = connect({port, host: '127.0.0.1', allowHalfOpen: true})
    socket.end('question')
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toBe('answer')
    socket.destroy()
  })

  it('can reset a connection, and the program sees it', async () => {
    const {port} = await listen((socket) => socket.resetAndDestroy())
    const [error] = await once(connect(port, '127.0.0.1'), 'error')
    expect(error).toMatchObject({code: 'ECONNRESET'})
  })

  it('leaves no connection open when it closes', async () => {
    const listener = await listen()
    const socket = connect(listener.port, '127.0.0.1').resume()
    await once(socket, 'connect')
    await listener.close()
    await once(socket, 'close')
    const [error] = await once(connect(listener.port, '127.0.0.1'), 'error')
    expect(error).toMatchObject({code: 'ECONNREFUSED'})
  })
})
