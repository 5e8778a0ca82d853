import {describe, expect, it} from 'vitest'
import {
  decodeMessage,
  encodeMessage,
  type MessageType,
} from '../../../../../../src/links/session/native/protocol/message.js'
import {binaryVectors, recorded} from '../vectors.js'

const ID = {start: 64, end: 80}

describe('messages recorded from the real plugin', () => {
  for (const {name, frame, decoded} of binaryVectors) {
    it(`reads ${name}`, () => {
      const message = decodeMessage(frame)
      expect(message).toMatchObject({
        type: decoded.type,
        sequence: decoded.seq,
        id: decoded.id,
        payloadType: decoded.payloadType ?? 0,
      })
      expect(message?.payload).toEqual(frame.subarray(decoded.headerLength + 4))
    })
  }

  for (const {name, frame, decoded} of binaryVectors.filter((one) => one.direction === 'client to server')) {
    it(`writes ${name} byte for byte, but for the random id`, () => {
      const head = {
        type: decoded.type as MessageType,
        sequence: decoded.seq,
        payloadType: decoded.payloadType ?? 0,
        created: decoded.created,
      }
      const flagged = name.startsWith('flag') ? {...head, type: 'input_stream_data' as const} : head
      const ours = encodeMessage(flagged, frame.subarray(decoded.headerLength + 4))
      frame.copy(ours, ID.start, ID.start, ID.end)
      expect(ours.toString('hex')).toBe(frame.toString('hex'))
    })
  }
})

describe('messages', () => {
  const head = {type: 'input_stream_data', sequence: 2 ** 40 + 7, payloadType: 1, created: 1_795_171_468_390} as const

  it('carry a fresh version 4 UUID each', () => {
    const ids = Array.from({length: 600}, () => decodeMessage(encodeMessage(head, 'x'))?.id ?? '')
    expect(new Set(ids).size).toBe(600)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('keep sequence numbers beyond 32 bits', () => {
    expect(decodeMessage(encodeMessage(head, 'x'))?.sequence).toBe(2 ** 40 + 7)
  })

  it('leave a payload of exactly one line feed as it is', () => {
    expect(decodeMessage(encodeMessage(head, Buffer.from('0a', 'hex')))?.payload.toString('hex')).toBe('0a')
  })

  it('are padded with spaces, and read with NULs too', () => {
    const frame = Buffer.from(recorded('HandshakeComplete'))
    frame.fill(0, 4 + 'output_stream_data'.length, 36)
    expect(decodeMessage(frame)?.type).toBe('output_stream_data')
  })

  it('that do not match their digest are none', () => {
    const frame = Buffer.from(recorded('HandshakeComplete'))
    frame[frame.length - 1]! ^= 1
    expect(decodeMessage(frame)).toBeUndefined()
  })

  it('that are cut short, or have a header of another length, are none', () => {
    const frame = recorded('HandshakeComplete')
    for (const length of [0, 3, 100, 115, 119]) expect(decodeMessage(frame.subarray(0, length))).toBeUndefined()
    const other = Buffer.from(frame)
    other.writeUInt32BE(113, 0)
    expect(decodeMessage(other)).toBeUndefined()
  })
})
