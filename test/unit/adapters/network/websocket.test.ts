import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {createServer, type IncomingMessage, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {type WebSocket, WebSocketServer} from 'ws'
import {webSocketPort} from '../../../../src/adapters/network/websocket.js'

describe('WebSockets', () => {
  let server: Server
  let service: WebSocketServer
  let url: string
  let requests: IncomingMessage[]

  beforeEach(async () => {
    server = createServer()
    service = new WebSocketServer({noServer: true})
    requests = []
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/data-channel/alice-1?token=SECRET`
  })

  afterEach(() => {
    for (const client of service.clients) client.terminate()
    server.closeAllConnections()
    server.close()
  })

  /** The far end takes upgrades; `then` gets each WebSocket at once. */
  function accept(then: (webSocket: WebSocket) => void = () => {}): void {
    server.on('upgrade', (request, socket, head) => {
      requests.push(request)
      service.handleUpgrade(request, socket, head, then)
    })
  }

  function refuse(status: string): void {
    server.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`))
  }

  it('carries our headers, no compression and no subprotocol', async () => {
    accept()
    const link = await webSocketPort.connect(url, {authorization: 'AWS4-HMAC-SHA256 x'})
    expect(requests[0]?.headers).toMatchObject({authorization: 'AWS4-HMAC-SHA256 x'})
    expect(requests[0]?.headers['sec-websocket-extensions']).toBeUndefined()
    expect(requests[0]?.headers['sec-websocket-protocol']).toBeUndefined()
    link.terminate()
  })

  it('loses nothing that is sent before somebody listens', async () => {
    accept((webSocket) => {
      for (let count = 0; count < 100; count++) webSocket.send(Buffer.from([count]))
      webSocket.send('text')
    })
    const link = await webSocketPort.connect(url, {})
    await new Promise((resolve) => setTimeout(resolve, 20))
    const received: (Uint8Array | string)[] = []
    await new Promise<void>((resolve) => {
      link.onMessage((data) => {
        received.push(data)
        if (data === 'text') resolve()
      })
    })
    expect(received.slice(0, 100).map((data) => (data as Uint8Array)[0])).toEqual([...Array(100).keys()])
    link.terminate()
  })

  it('sends binary and text, in order, many in one turn', async () => {
    const received: string[] = []
    accept((webSocket) => {
      webSocket.on('message', (data, isBinary) => {
        received.push(`${isBinary ? 'binary' : 'text'} ${(data as Buffer).toString()}`)
        if (received.length === 3) webSocket.send(Buffer.from('done'))
      })
    })
    const link = await webSocketPort.connect(url, {})
    const done = new Promise((resolve) => link.onMessage(resolve))
    const bytes = Buffer.from('two')
    link.send('one')
    link.send(bytes)
    link.send(Buffer.from('three'))
    await done
    expect(received).toEqual(['text one', 'binary two', 'binary three'])
    // It is kept for another send: masking must not touch it.
    expect(bytes.toString()).toBe('two')
    link.terminate()
  })

  it('carries messages of any size, each as one, however they lie in memory', async () => {
    const sizes = [...Array(140).keys(), 1144, 4000, 65_535, 65_536, 70_001, 200_003, 3, 1144, 1]
    const sent = sizes.map((size) => randomBytes(size))
    const received: Buffer[] = []
    accept((webSocket) => {
      webSocket.on('message', (data) => {
        received.push(data as Buffer)
        if (received.length === sizes.length) webSocket.send(Buffer.from('done'))
      })
    })
    const link = await webSocketPort.connect(url, {})
    const done = new Promise((resolve) => link.onMessage(resolve))
    for (const [index, bytes] of sent.entries()) {
      link.send(bytes)
      if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await done
    expect(received.map((bytes, index) => bytes.equals(sent[index]!))).toEqual(sizes.map(() => true))
    link.terminate()
  })

  it('sends what waits before a closing frame', async () => {
    const received: string[] = []
    const over = new Promise<void>((resolve) => {
      accept((webSocket) => {
        webSocket.on('message', (data) => void received.push((data as Buffer).toString()))
        webSocket.on('close', () => resolve())
      })
    })
    const link = await webSocketPort.connect(url, {})
    link.onMessage(() => {})
    link.send(Buffer.from('last words'))
    link.close()
    await over
    expect(received).toEqual(['last words'])
  })

  it('answers pings, and tells of answers to its own', async () => {
    let far: WebSocket | undefined
    accept((webSocket) => (far = webSocket))
    const link = await webSocketPort.connect(url, {})
    link.onMessage(() => {})
    const ponged = new Promise<void>((resolve) => link.onPong(resolve))
    const answered = once(far!, 'pong')
    link.ping()
    far!.ping()
    await Promise.all([ponged, answered])
    link.terminate()
  })

  it('reads nothing while it is paused', async () => {
    let far: WebSocket | undefined
    accept((webSocket) => (far = webSocket))
    const link = await webSocketPort.connect(url, {})
    let received = 0
    link.onMessage(() => received++)
    link.pause()
    far!.send(Buffer.from('x'))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(received).toBe(0)
    const resumed = new Promise<void>((resolve) => link.onMessage(() => resolve()))
    link.resume()
    await resumed
    link.terminate()
  })

  it('tells once how it ended', async () => {
    accept((webSocket) => webSocket.close(1001, 'Going away'))
    const link = await webSocketPort.connect(url, {})
    const closed = new Promise((resolve) => link.onClose(resolve))
    link.onMessage(() => {})
    expect(await closed).toEqual({code: 1001, reason: 'Going away'})
    // Late calls are no error.
    link.send('x')
    link.ping()
    link.close()
    link.terminate()
  })

  it('ends at once, or with a handshake', async () => {
    accept()
    for (const [end, code] of [
      ['terminate', 1006],
      ['close', 1005],
    ] as const) {
      const link = await webSocketPort.connect(url, {})
      link.onMessage(() => {})
      const closed = new Promise((resolve) => link.onClose(resolve))
      link[end]()
      expect(await closed).toMatchObject({code})
    }
  })

  it('names the status of a refused upgrade, and not the secret in the URL', async () => {
    refuse('403 Forbidden')
    const error: Error = await webSocketPort.connect(url, {}).then(
      () => new Error('opened'),
      (reason: Error) => reason,
    )
    expect(error.message).toContain('HTTP 403')
    expect(error.message).not.toContain('SECRET')
  })

  it('rejects when nobody listens', async () => {
    await expect(webSocketPort.connect('ws://127.0.0.1:1/', {})).rejects.toThrow('ECONNREFUSED')
  })

  it('stops dialling when told to', async () => {
    const stop = new AbortController()
    const opened = webSocketPort.connect(url, {}, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(opened).rejects.toThrow('stopped')
    await expect(webSocketPort.connect(url, {}, stop.signal)).rejects.toThrow('stopped')
  })

  it('no longer minds the signal once it is open', async () => {
    accept()
    const stop = new AbortController()
    const link = await webSocketPort.connect(url, {}, stop.signal)
    let closed = false
    link.onClose(() => (closed = true))
    stop.abort(new Error('stopped'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(closed).toBe(false)
    link.terminate()
  })
})
