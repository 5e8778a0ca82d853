import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {
  decodeMessage,
  encodeMessage,
  hasGoodDigest,
  messageId,
  type MessageType,
  statedLength,
} from './agent-message.js'
import {COMMAND, frameHeader, FrameReader} from './smux.js'
import {faultOfMessage, readOpenFrame} from './strict.js'

interface Vector {
  readonly name: string
  readonly direction: string
  readonly text?: string
  readonly hex?: string
  readonly decoded?: Readonly<Record<string, unknown>>
}

const vectors = JSON.parse(
  readFileSync(new URL('../../support/datachannel.vectors.json', import.meta.url), 'utf8'),
) as Vector[]
const binary = vectors
  .filter((vector) => vector.hex !== undefined)
  .map(({name, direction, hex = ''}) => ({name, direction, bytes: Buffer.from(hex, 'hex')}))

describe('AgentMessage against recordings of the real plugin', () => {
  it('has the recordings', () => {
    expect(binary.length).toBeGreaterThanOrEqual(11)
  })

  it.each(binary)('$name is encoded byte for byte', ({bytes}) => {
    const {headerLength, created, sequence, flags, payloadType, payload, type} = decodeMessage(bytes)
    const encoded = encodeMessage({
      type: type as MessageType,
      created,
      sequence,
      flags,
      payloadType,
      payload,
      id: messageId(bytes),
      headerLength: headerLength as 112 | 116,
    })
    expect(encoded.toString('hex')).toBe(bytes.toString('hex'))
  })

  it.each(vectors.filter(({decoded}) => decoded !== undefined))(
    '$name is decoded as recorded',
    ({hex = '', decoded = {}}) => {
      const message = decodeMessage(Buffer.from(hex, 'hex'))
      const {headerLength, type, schema, created, sequence, flags, payloadType} = message
      const {headerLength: _length, type: _type, ...rest} = decoded
      expect({headerLength, type, schema, created, seq: sequence, flags, id: messageId(message.bytes)}).toMatchObject(
        pick(decoded, ['headerLength', 'type', 'schema', 'created', 'seq', 'flags', 'id']),
      )
      if (headerLength === 116) expect(payloadType).toBe(rest['payloadType'])
      expect(statedLength(message)).toBe(message.payload.length)
      expect(hasGoodDigest(message)).toBe(true)
    },
  )

  it.each(binary.filter(({direction}) => direction === 'client to server'))(
    '$name of the real client has no fault',
    ({bytes}) => {
      expect(faultOfMessage(decodeMessage(bytes))).toBeUndefined()
    },
  )

  it('takes the real OpenDataChannel', () => {
    const frame = readOpenFrame(vectors[0]?.text ?? '')
    expect(frame).toMatchObject({token: 'tok-1-pUt6Abh6TMi2KwyOFJIAQKgdFJ2A-2bg', fault: undefined})
  })

  it('gives each message its own version 4 UUID', () => {
    const ids = Array.from({length: 1_000}, () =>
      messageId(encodeMessage({type: 'acknowledge', sequence: 0, flags: 3, payloadType: 0, payload: Buffer.from('x')})),
    )
    expect(new Set(ids).size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})

describe('smux frames', () => {
  const payload = (name: string): Buffer =>
    decodeMessage(binary.find((one) => one.name.includes(name))?.bytes ?? Buffer.alloc(0)).payload

  it("has the real client's SYN, PSH and FIN", () => {
    expect(payload('smux SYN')).toEqual(frameHeader(COMMAND.open, 3))
    expect(payload('input_stream_data, smux PSH')).toEqual(
      Buffer.concat([frameHeader(COMMAND.data, 3, 4), Buffer.from('ping')]),
    )
    expect(payload('smux FIN')).toEqual(frameHeader(COMMAND.finish, 3))
  })

  it('reads a byte stream that is cut anywhere', () => {
    const body = Buffer.from(Array.from({length: 300}, (_, index) => index % 251))
    const bytes = Buffer.concat([
      frameHeader(COMMAND.open, 3),
      frameHeader(COMMAND.data, 3, body.length),
      body,
      frameHeader(COMMAND.finish, 3),
    ])
    for (const size of [1, 3, 7, 8, 9, 100, bytes.length]) {
      const commands: number[] = []
      const pieces: Buffer[] = []
      const reader = new FrameReader({
        onFrame: (command) => void commands.push(command),
        onData: (_, piece) => void pieces.push(piece),
      })
      for (let at = 0; at < bytes.length; at += size) expect(reader.push(bytes.subarray(at, at + size))).toBeUndefined()
      expect(commands).toEqual([COMMAND.open, COMMAND.data, COMMAND.finish])
      expect(Buffer.concat(pieces)).toEqual(body)
    }
  })

  it('refuses another version and unknown commands', () => {
    const reader = (): FrameReader => new FrameReader({onFrame: () => undefined, onData: () => {}})
    expect(reader().push(Buffer.from('0201000003000000', 'hex'))).toBe('smux version 2')
    expect(reader().push(Buffer.from('0104000003000000', 'hex'))).toBe('smux command 4')
  })
})

function pick(from: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, from[key]]))
}
