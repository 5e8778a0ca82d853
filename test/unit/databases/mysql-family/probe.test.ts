import {describe, expect, it} from 'vitest'
import {probe} from '../../../../src/databases/mysql-family/probe.js'
import {
  emptyHandshakeResponse,
  readError,
  readGreeting,
  readLoginAnswer,
} from '../../../../src/databases/mysql-family/protocol/handshake.js'
import {Malformed, packet, readPacket} from '../../../../src/databases/mysql-family/protocol/packets.js'

const TOKEN = 'shop-db.example:3306/?Action=connect'
const SSL = 1 << 11

/** MariaDB 10.11's own greeting, without its packet's head. */
function greeting({plugin = 'mysql_native_password', capabilities = 0x81bff7fe | SSL} = {}): Buffer {
  const fixed = Buffer.alloc(31)
  fixed.writeUInt32LE(7, 0)
  fixed.write('abcdefgh', 4)
  fixed.writeUInt16LE(capabilities & 0xffff, 13)
  fixed.writeUInt8(45, 15)
  fixed.writeUInt16LE(2, 16)
  fixed.writeUInt16LE(capabilities >>> 16, 18)
  fixed.writeUInt8(21, 20)
  return Buffer.concat([
    Buffer.from('\n10.11.8-MariaDB\0'),
    fixed,
    Buffer.from('ijklmnopqrst\0'),
    Buffer.from(`${plugin}\0`),
  ])
}

const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0])
const switchTo = (plugin: string): Buffer => Buffer.from(`\xfe${plugin}\0`, 'latin1')
const error = (code: number, text: string): Buffer =>
  Buffer.concat([Buffer.of(0xff, code & 0xff, code >> 8), Buffer.from(text)])

/** A server that says these payloads, one for each packet of the client, in pieces of `size` bytes; and what it was told. */
function server(payloads: readonly Buffer[], size = Infinity) {
  const told: Buffer[] = []
  const all = Buffer.concat(payloads.map((payload, index) => packet(index === 0 ? 0 : index + 2, payload)))
  let at = 0
  let encrypted = false
  const line = {
    async read(count: number): Promise<Uint8Array> {
      const parts: Buffer[] = []
      for (let left = count; left > 0;) {
        const part = all.subarray(at, at + Math.min(left, size))
        if (part.length === 0) throw new Error('closed')
        at += part.length
        left -= part.length
        parts.push(part)
        await Promise.resolve()
      }
      return Buffer.concat(parts)
    },
    write: (bytes: Uint8Array) => void told.push(Buffer.from(bytes)),
    encrypt: async () => void (encrypted = true),
  }
  return {line, told, isEncrypted: () => encrypted}
}

const login = {user: 'alice', database: 'shop', token: () => Promise.resolve(TOKEN)}

describe('the probe', () => {
  it.each([1, 2, 3, 7, Infinity])(
    'logs in with the token after the switch, and says goodbye; in pieces of %d bytes',
    async (size) => {
      const {line, told} = server([greeting(), switchTo('mysql_clear_password'), OK], size)
      expect(await probe(line, login)).toEqual({kind: 'in', user: 'alice', isByIam: true})
      expect(told.map((bytes) => bytes[3])).toEqual([1, 2, 4, 0])
      expect(told[0]).toHaveLength(4 + 32)
      expect(told[2]?.subarray(4).toString()).toBe(`${TOKEN}\0`)
      expect(told[3]).toEqual(Buffer.from([1, 0, 0, 0, 1]))
    },
  )

  it.each([
    'dialog',
    'sha256_password',
    'caching_sha2_password',
    'mysql_native_password',
    'auth_socket',
    'client_ed25519',
    '',
  ])('shows no token to a server that asks for a proof by %s', async (plugin) => {
    const {line, told} = server([greeting(), switchTo(plugin), error(1045, '#28000Access denied')])
    expect(await probe(line, login)).toMatchObject({kind: 'asked-for-password'})
    expect(Buffer.concat(told).toString()).not.toContain(TOKEN)
  })

  it('shows no token without a switch: neither where the greeting names the plugin, nor in the first packet', async () => {
    const {line, told} = server([greeting({plugin: 'mysql_clear_password'}), OK])
    expect(await probe(line, login)).toEqual({kind: 'in', user: 'alice', isByIam: false})
    expect(Buffer.concat(told).toString()).not.toContain(TOKEN)
  })

  it('shows it once, and to a server that asks on and on nothing', async () => {
    const clear = switchTo('mysql_clear_password')
    const {line, told} = server([greeting(), clear, clear, clear, clear])
    await expect(probe(line, login)).rejects.toMatchObject({code: 'PROTOCOL'})
    expect(Buffer.concat(told).toString().split(TOKEN)).toHaveLength(2)
  })

  it('says nothing at all to a server without TLS, or that speaks something else', async () => {
    for (const first of [
      greeting({capabilities: 0x81bff7fe & ~SSL}),
      Buffer.from('SSH-2.0-OpenSSH'),
      Buffer.alloc(0),
    ]) {
      const {line, told, isEncrypted} = server([first])
      expect(await probe(line, login)).toBe('no-tls')
      expect({told, encrypted: isEncrypted()}).toEqual({told: [], encrypted: false})
    }
  })

  it.each([
    [
      [greeting(), switchTo('mysql_clear_password'), error(1045, '#28000Access denied')],
      'refused-by-iam',
      'ERROR 1045 (28000): Access denied',
    ],
    [[greeting(), error(1045, '#28000Access denied')], 'asked-for-password', 'ERROR 1045 (28000): Access denied'],
    [[greeting(), error(1524, '#HY000Plugin')], 'failed', 'ERROR 1524 (HY000): Plugin'],
    [[error(1129, 'Host is blocked')], 'failed', 'ERROR 1129: Host is blocked'],
    [[error(1040, '#08004Too many connections')], 'failed', 'ERROR 1040 (08004): Too many connections'],
  ])('gives the database’s own words for a refusal', async (payloads, kind, words) => {
    expect(await probe(server(payloads).line, login)).toEqual({kind, words})
  })
})

describe('what a server sends', () => {
  it('is refused where it ends early, at every byte', () => {
    const whole = greeting()
    expect(readGreeting(whole)).toMatchObject({
      version: '10.11.8-MariaDB',
      threadId: 7,
      plugin: 'mysql_native_password',
    })
    for (let end = 0; end < whole.length; end++) expect(() => readGreeting(whole.subarray(0, end))).toThrow(Malformed)
    const asked = switchTo('dialog')
    for (let end = 2; end < asked.length; end++)
      expect(() => readLoginAnswer(asked.subarray(0, end))).toThrow(Malformed)
    for (let end = 0; end < 3; end++) expect(() => readError(error(1045, '').subarray(0, end))).toThrow(Malformed)
  })

  it('is refused where its length is not one of a login, before it is waited for', async () => {
    for (const length of [65_536, 0xffffff]) {
      const head = Buffer.alloc(4)
      head.writeUIntLE(length, 0, 3)
      let asked = 0
      const read = (count: number): Promise<Uint8Array> => {
        asked += count
        return Promise.resolve(head.subarray(0, count))
      }
      await expect(readPacket({read})).rejects.toThrow(Malformed)
      expect(asked).toBe(4)
    }
  })

  it('never makes reading fail in another way, whatever its bytes are', () => {
    const whole = greeting()
    for (let at = 0; at < whole.length; at++) {
      for (const byte of [0, 1, 0x7f, 0xfb, 0xfe, 0xff]) {
        const bent = Buffer.from(whole)
        bent[at] = byte
        for (const read of [readGreeting, readLoginAnswer, readError]) {
          try {
            read(bent)
          } catch (cause) {
            expect(cause).toBeInstanceOf(Malformed)
          }
        }
      }
    }
  })
})

it('a client names itself, its plugin, and no password', () => {
  const response = emptyHandshakeResponse('alice', 'mysql_native_password')
  expect(response.subarray(32).toString('latin1')).toBe('alice\0\0mysql_native_password\0')
})
