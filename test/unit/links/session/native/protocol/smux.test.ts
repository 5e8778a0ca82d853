import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {decodeMessage} from '../../../../../../src/links/session/native/protocol/message.js'
import {
  COMMAND,
  FrameReader,
  type FrameSink,
  writeFrameHeader,
} from '../../../../../../src/links/session/native/protocol/smux.js'
import {recorded} from '../vectors.js'

function header(command: 0 | 1 | 2 | 3, stream: number, length = 0): Buffer {
  const bytes = Buffer.alloc(8)
  writeFrameHeader(bytes, command, stream, length)
  return bytes
}

/** What a reader makes of these pieces: one entry a frame, pushed bytes joined by stream. */
function read(pieces: readonly Buffer[]): {events: string[]; bytes: Map<number, Buffer>} {
  const events: string[] = []
  const bytes = new Map<number, Buffer>()
  const sink: FrameSink = {
    opened: (stream) => void events.push(`open ${stream}`),
    pushed: (stream, part) => void bytes.set(stream, Buffer.concat([bytes.get(stream) ?? Buffer.alloc(0), part])),
    ended: (stream) => void events.push(`end ${stream} after ${bytes.get(stream)?.length ?? 0}`),
  }
  const reader = new FrameReader(sink)
  for (const piece of pieces) reader.read(piece)
  return {events, bytes}
}

describe('frames', () => {
  it('are those of the real plugin, byte for byte', () => {
    const payload = (name: string): string => decodeMessage(recorded(name))!.payload.toString('hex')
    expect(header(COMMAND.open, 3).toString('hex')).toBe(payload('input_stream_data, smux SYN stream 3'))
    expect(header(COMMAND.end, 3).toString('hex')).toBe(payload('input_stream_data, smux FIN stream 3'))
    expect(Buffer.concat([header(COMMAND.push, 3, 4), Buffer.from('ping')]).toString('hex')).toBe(
      payload('input_stream_data, smux PSH stream 3 "ping"'),
    )
  })

  it('come out the same however they are cut', () => {
    const frame = fc.record({
      stream: fc.integer({min: 3, max: 5}),
      bytes: fc.uint8Array({maxLength: 40}),
      end: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(frame, {maxLength: 12}),
        fc.infiniteStream(fc.integer({min: 1, max: 30})),
        (frames, cuts) => {
          const whole = Buffer.concat(
            frames.map(({stream, bytes, end}) =>
              end ? header(COMMAND.end, stream) : Buffer.concat([header(COMMAND.push, stream, bytes.length), bytes]),
            ),
          )
          const pieces: Buffer[] = []
          for (let at = 0; at < whole.length;) {
            const length: number = cuts.next().value
            pieces.push(whole.subarray(at, at + length))
            at += length
          }
          expect(read(pieces)).toEqual(read([whole]))
          const sent = frames.filter(({end}) => !end).reduce((sum, {bytes}) => sum + bytes.length, 0)
          expect([...read(pieces).bytes.values()].reduce((sum, bytes) => sum + bytes.length, 0)).toBe(sent)
        },
      ),
    )
  })

  it('of a keepalive say nothing', () => {
    expect(read([header(COMMAND.nop, 0), header(COMMAND.end, 3)]).events).toEqual(['end 3 after 0'])
  })

  it('of another version or command are an error', () => {
    const version2 = header(COMMAND.push, 3)
    version2[0] = 2
    const update = header(COMMAND.push, 3)
    update[1] = 4
    for (const frame of [version2, update]) {
      expect(() => read([frame])).toThrow(expect.objectContaining({code: 'PROTOCOL'}))
    }
  })
})
