import {describe, expect, it} from 'vitest'
import type {AutoLoginOutcome, LoginMeans} from '../../../../../src/databases/auto-login.js'
import {autoLogin} from '../../../../../src/databases/postgres/auto-login/auto-login.js'
import {
  authentication,
  fatal,
  keyMessage,
  message,
  SSL_REQUEST_BYTES,
  startupMessage,
} from '../../../../../src/databases/postgres/auto-login/messages.js'
import {lineSaying, seeded, type TestLine} from '../../../../support/line.js'

const TOKEN = 'db.example.rds.amazonaws.com:5432/?Action=connect&X-Amz-Signature=0a1b'
const TERMS = {user: 'alice', target: 'prod-db', readOnly: false} as const
const TRIES = Number(process.env['DBTUNNEL_FUZZ_TRIES'] ?? 2000)

const OPENING = Buffer.concat([
  SSL_REQUEST_BYTES,
  startupMessage([
    ['user', 'alice'],
    ['database', 'shop'],
  ]),
])
const STARTUP = startupMessage([
  ['user', 'alice'],
  ['database', 'shop'],
])
const READY = message('Z', Buffer.from('I'))
const KEY = keyMessage({pid: 7, secret: Buffer.from([1, 2, 3, 4])})
const STATUS = message('S', Buffer.from('server_version\x0016.4\0'))
const ANSWER = [Buffer.from('S'), authentication(3), authentication(0), STATUS, KEY, READY]

interface Talk {
  readonly outcome: AutoLoginOutcome | Error
  /** What the program was told. */
  readonly told: Buffer
  /** What the database was told. */
  readonly asked: Buffer
  readonly tokens: number
  readonly dials: number
}

/** A program and a database that say this, whatever they are told. */
async function talk(
  program: readonly Uint8Array[],
  database: readonly Uint8Array[],
  localPassword?: string,
): Promise<Talk> {
  const near = lineSaying(program)
  let far: TestLine | undefined
  let [tokens, dials] = [0, 0]
  const means: LoginMeans = {
    localPassword,
    async connect() {
      dials++
      far = lineSaying(database)
      return far.line
    },
    async token() {
      tokens++
      // Never before the line is encrypted.
      expect(far?.encryptions()).toBe(1)
      return TOKEN
    },
    penalty: async () => {},
  }
  const outcome = await autoLogin
    .start(TERMS)
    .serve(near.line, means)
    .catch((error: Error) => error)
  await new Promise((resolve) => setImmediate(resolve))
  return {outcome, told: near.sent(), asked: far?.sent() ?? Buffer.alloc(0), tokens, dials}
}

const cut = (bytes: Buffer, at: number): readonly Buffer[] => [bytes.subarray(0, at), bytes.subarray(at)]

describe('a login by the local end', () => {
  it('comes about however the database’s words are cut, with a key of our own', async () => {
    const words = Buffer.concat(ANSWER.slice(1))
    for (let at = 0; at <= words.length; at++) {
      const {outcome, told, asked, tokens} = await talk([STARTUP], [Buffer.from('S'), ...cut(words, at)])
      expect(outcome).toMatchObject({kind: 'in', database: 'shop'})
      expect(tokens).toBe(1)
      expect(asked.includes(TOKEN)).toBe(true)
      expect(told.includes(TOKEN)).toBe(false)
      expect(told.includes(KEY)).toBe(false)
      expect(told.subarray(0, 9)).toEqual(authentication(0))
    }
  })

  it.each<[string, readonly Uint8Array[]]>([
    ['offers no TLS', [Buffer.from('N')]],
    ['answers with an error before TLS', [fatal('08P01', 'no')]],
    ['lets in without a question', [Buffer.from('S'), authentication(0), READY]],
    ['asks for Kerberos', [Buffer.from('S'), authentication(2)]],
    ['asks for MD5', [Buffer.from('S'), authentication(5, Buffer.from([1, 2, 3, 4]))]],
    ['asks for GSSAPI', [Buffer.from('S'), authentication(7)]],
    ['asks for SSPI', [Buffer.from('S'), authentication(9)]],
    ['asks for SASL', [Buffer.from('S'), authentication(10, Buffer.from('OAUTHBEARER\0\0'))]],
    ['asks for what nobody knows', [Buffer.from('S'), authentication(99)]],
    ['asks for a cleartext password with more behind', [Buffer.from('S'), authentication(3, Buffer.from('x'))]],
    ['speaks of something else', [Buffer.from('S'), STATUS]],
    ['lies about a length', [Buffer.from('S'), Buffer.from([0x52, 0, 0, 0, 3, 0, 0, 0, 3])]],
    ['has a message without end', [Buffer.from('S'), Buffer.from([0x52, 0x7f, 0xff, 0xff, 0xff])]],
  ])('gives no token to a server that %s', async (_, words) => {
    const {outcome, tokens, asked, told} = await talk([STARTUP], words)
    expect(outcome).toMatchObject({kind: 'failed', error: {code: 'PROTOCOL'}})
    expect(tokens).toBe(0)
    expect(asked.includes('X-Amz-')).toBe(false)
    expect(told.toString('latin1')).toMatch(/^E[^]*C08004\0Mdbtunnel: /)
  })

  it.each<[string, readonly Uint8Array[]]>([
    ['asks a second time', [authentication(3)]],
    ['asks for something else then', [authentication(10)]],
    ['has a key of another protocol', [authentication(0), message('K', Buffer.alloc(12))]],
    ['never ends its greeting', [authentication(0), ...Array<Buffer>(5000).fill(STATUS)]],
    ['begins a query', [authentication(0), message('T', Buffer.alloc(2))]],
  ])('gives one token, and no more, to a server that %s', async (_, words) => {
    const {outcome, tokens, told} = await talk([STARTUP], [Buffer.from('S'), authentication(3), ...words])
    expect(outcome).toMatchObject({kind: 'failed', error: {code: 'PROTOCOL'}})
    expect(tokens).toBe(1)
    expect(told.toString('latin1')).toMatch(/^E/)
  })

  it('passes an error of the database on as it is', async () => {
    const error = fatal('28000', 'PAM authentication failed for user "alice"')
    const {outcome, told} = await talk([STARTUP], [Buffer.from('S'), authentication(3), error])
    expect(outcome).toMatchObject({kind: 'refused-by-database', outcome: {kind: 'refused-by-iam'}})
    expect(told).toEqual(error)
  })

  it('tells a program of a newer protocol which one there is, and asks the database for none', async () => {
    const parameters = [
      ['user', 'alice'],
      ['_pq_.wish', 'x'],
    ] as const
    const newer = startupMessage(parameters)
    newer.writeUInt32BE(0x30002, 4)
    const {outcome, told, asked} = await talk([newer], ANSWER)
    expect(outcome).toMatchObject({kind: 'in', database: 'alice'})
    expect(told.subarray(0, 23).toString('latin1').slice(-10)).toBe('_pq_.wish\0')
    expect(told.readUInt32BE(5)).toBe(0x30000)
    expect(asked.includes('_pq_')).toBe(false)
  })
})

describe(`mutated bytes, ${TRIES} times`, () => {
  it('of a program: no crash, no dial without the password, no token', {timeout: 600_000}, async () => {
    const random = seeded(15)
    for (let index = 0; index < TRIES; index++) {
      const {outcome, dials, tokens, told} = await talk([mutated(OPENING, random)], ANSWER, 'local-password')
      expect({dials, tokens}).toEqual({dials: 0, tokens: 0})
      expect(outcome instanceof Error ? outcome.message : outcome.kind).toMatch(
        /^(ended|strange|refused|wrong-password|served)$/,
      )
      expect(told.includes('X-Amz-')).toBe(false)
    }
  })

  it('of a server: no crash, and no token but for the one right question', {timeout: 600_000}, async () => {
    const random = seeded(16)
    for (let index = 0; index < TRIES; index++) {
      const words = mutated(Buffer.concat(ANSWER), random)
      const {outcome, tokens, told} = await talk([STARTUP], [words])
      const isAsked = words.subarray(0, 10).equals(Buffer.concat(ANSWER.slice(0, 2)))
      expect(tokens).toBe(isAsked ? 1 : 0)
      expect(told.includes('X-Amz-')).toBe(false)
      expect(outcome).not.toBeInstanceOf(Error)
    }
  })
})

/** Some bytes changed, cut out, put in or doubled; and at times cut short. */
function mutated(bytes: Buffer, random: () => number): Buffer {
  let changed = Buffer.from(bytes)
  const below = (limit: number): number => Math.floor(random() * limit)
  for (let left = 1 + below(4); left > 0; left--) {
    const at = below(changed.length + 1)
    const way = below(5)
    const piece = Buffer.from(Array.from({length: 1 + below(6)}, () => below(256)))
    if (way === 0 && at < changed.length) changed[at] = below(256)
    else if (way === 1 && at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << below(8))
    else if (way === 2) changed = Buffer.concat([changed.subarray(0, at), piece, changed.subarray(at)])
    else if (way === 3) changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1 + below(8))])
    else changed = changed.subarray(0, at)
  }
  return changed
}
