import {describe, expect, it} from 'vitest'
import {
  cancelMessage,
  message,
  readAnswer,
  readMessage,
  readOpening,
  SSL_REQUEST_BYTES,
  startupMessage,
} from '../../../../../src/databases/postgres/auto-login/messages.js'
import {lineSaying} from '../../../../support/line.js'

const STARTUP = startupMessage([
  ['user', 'alice'],
  ['database', 'shop'],
  ['options', ''],
])
const CANCEL = cancelMessage({pid: 4711, secret: Buffer.from([1, 2, 3, 0xff])})

function withNumber(bytes: Buffer, at: number, number: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt32BE(number, at)
  return changed
}

describe('what begins a connection', () => {
  it.each([
    ['SSLRequest', SSL_REQUEST_BYTES, {kind: 'ssl'}],
    ['GSSENCRequest', withNumber(SSL_REQUEST_BYTES, 4, 80_877_104), {kind: 'gss'}],
    ['CancelRequest', CANCEL, {kind: 'cancel', key: {pid: 4711, secret: Buffer.from([1, 2, 3, 0xff])}}],
    [
      'StartupMessage',
      STARTUP,
      {
        kind: 'startup',
        minor: 0,
        parameters: new Map([
          ['user', 'alice'],
          ['database', 'shop'],
          ['options', ''],
        ]),
      },
    ],
  ])('is read whole, however it is cut: %s', async (_, bytes, wanted) => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const {line} = lineSaying([bytes.subarray(0, cut), bytes.subarray(cut), Buffer.from('more')])
      expect(await readOpening(line)).toEqual(wanted)
      expect((await line.read(4)).toString()).toBe('more')
    }
    expect(await readOpening(lineSaying([...bytes].map((byte) => Buffer.of(byte))).line)).toEqual(wanted)
    // One that ends too early is none.
    for (let cut = 0; cut < bytes.length; cut++) {
      await expect(readOpening(lineSaying([bytes.subarray(0, cut)]).line)).rejects.toThrow('ended')
    }
  })

  it('with a length that lies is refused, or waits for what does not come; never more than 10,000 bytes', async () => {
    for (const bytes of [SSL_REQUEST_BYTES, CANCEL, STARTUP]) {
      for (const length of [
        0,
        1,
        4,
        7,
        8,
        9,
        15,
        16,
        17,
        bytes.length - 1,
        bytes.length + 1,
        10_000,
        10_001,
        0x7fffffff,
        0xffffffff,
      ]) {
        if (length === bytes.length) continue
        const {line} = lineSaying([withNumber(bytes, 0, length)])
        const opening = await readOpening(line).catch((error: Error) => error.message)
        expect([undefined, 'ended'], `${length}`).toContain(opening)
      }
    }
    // It is judged by its first four bytes.
    for (const text of ['GET ', 'POST', 'CONN', 'PROX', '\u0016\u0003\u0001\u0002']) {
      expect(await readOpening(lineSaying([Buffer.from(text, 'latin1')], true).line)).toBeUndefined()
    }
  })

  it('of another protocol, or with a list that does not add up, is refused', async () => {
    for (const version of [0, 0x20000, 0x40000, 80_877_105]) {
      expect(await readOpening(lineSaying([withNumber(STARTUP, 4, version)]).line)).toBeUndefined()
    }
    for (const list of ['', '\0\0', 'user\0alice\0', 'user\0alice', 'user\0\0\0\0', '\0x\0\0', 'user\0alice\0\0x']) {
      const body = Buffer.from(list)
      const bytes = Buffer.concat([Buffer.alloc(8), body])
      const opening = withNumber(withNumber(bytes, 0, bytes.length), 4, 0x30000)
      expect(await readOpening(lineSaying([opening]).line), JSON.stringify(list)).toBeUndefined()
    }
    const twice = startupMessage([
      ['user', 'alice'],
      ['user', 'bob'],
    ])
    expect(await readOpening(lineSaying([twice]).line)).toMatchObject({parameters: new Map([['user', 'bob']])})
  })
})

describe('a message with a type', () => {
  it('is read whole, however it is cut, and refused where its length lies', async () => {
    const bytes = message('S', Buffer.from('a\0b\0'))
    for (let cut = 0; cut <= bytes.length; cut++) {
      const {line} = lineSaying([bytes.subarray(0, cut), bytes.subarray(cut)])
      expect(await readMessage(line, 100)).toEqual({type: 'S', body: Buffer.from('a\0b\0'), bytes})
    }
    for (const length of [0, 1, 3, 100, 0x7fffffff, 0xffffffff]) {
      expect(await readMessage(lineSaying([withNumber(bytes, 1, length)], true).line, 100)).toBeUndefined()
    }
    expect(await readMessage(lineSaying([bytes]).line, bytes.length)).toBeDefined()
    expect(await readMessage(lineSaying([bytes]).line, bytes.length - 1)).toBeUndefined()
  })

  it('is an answer about a password only if it says so, and is short', async () => {
    expect(await readAnswer(lineSaying([message('p', Buffer.from('x'))]).line)).toEqual(Buffer.from('x'))
    expect(await readAnswer(lineSaying([message('Q', Buffer.from('x'))]).line)).toBeUndefined()
    expect(await readAnswer(lineSaying([message('p', Buffer.alloc(5000))]).line)).toBeUndefined()
  })
})
