import {once} from 'node:events'
import {type AddressInfo, connect, createServer, type Socket} from 'node:net'
import {Duplex} from 'node:stream'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'

import {splice} from './splice.js'

/** A connection that keeps what is written to it to itself until it is released. */
class Double extends Duplex {
  #done: (() => void) | undefined

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    this.#done = done
  }

  release(): void {
    this.#done?.()
  }
}

/** left and right are the two ends of one connection that is spliced in its middle. */
let left: Socket
let right: Socket

beforeEach(async () => {
  const [nearLeft, nearRight] = await Promise.all([openPair(), openPair()])
  left = nearLeft.far
  right = nearRight.far
  splice(nearLeft.near, nearRight.near)
})

afterEach(() => {
  left.destroy()
  right.destroy()
})

describe('a splice', () => {
  it('passes an end on and lets the other way go on', async () => {
    left.end('question')
    expect(await lengthOf(right)).toBe('question'.length)
    right.end('x'.repeat(5_000_000))
    expect(await lengthOf(left)).toBe(5_000_000)
  })

  it('ends one side when the other is reset', async () => {
    right.on('error', () => {})
    const closed = once(right.resume(), 'end')
    left.resetAndDestroy()
    await closed
  })

  it('delivers what it still holds after a side has closed', async () => {
    const [talker, listener] = [new Double(), new Double()]
    splice(talker, listener)
    talker.push('last words')
    talker.push(null)
    listener.push(null)
    await once(talker, 'close')
    expect(listener.destroyed).toBe(false)
    listener.release()
    await once(listener, 'finish')
  })

  it('ends one side when the other is closed before its end, or breaks after it', async () => {
    for (const ending of ['closed', 'broken'] as const) {
      const [talker, listener] = [new Double(), new Double()]
      splice(talker, listener)
      const closed = once(listener, 'close')
      if (ending === 'broken') {
        talker.push(null)
        await once(talker, 'end')
      }
      talker.destroy(ending === 'broken' ? new Error('reset') : undefined)
      await closed
    }
  })

  it('holds a fast side back while the slow one does not read', async () => {
    const chunk = Buffer.alloc(1_000_000)
    let sent = 0
    while (sent < 100 && (left.write(chunk) || (await drains(left)))) sent++
    expect(sent).toBeLessThan(100)
  })
})

/** How many bytes come until the other side ends. */
async function lengthOf(socket: Socket): Promise<number> {
  let length = 0
  socket.on('data', (chunk) => (length += chunk.length))
  await once(socket, 'end')
  return length
}

/** Whether the socket takes more, as long as anything else can move. */
function drains(socket: Socket): Promise<boolean> {
  return Promise.race([
    once(socket, 'drain').then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, 300, false)),
  ])
}

async function openPair(): Promise<{near: Socket; far: Socket}> {
  const server = createServer({allowHalfOpen: true}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const far = connect({port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true})
  const [near] = await accepted
  server.close()
  return {near, far}
}
