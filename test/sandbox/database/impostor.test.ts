import {readFile} from 'node:fs/promises'
import {connect} from 'node:tls'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {type SandboxDatabase, startDatabase} from './database.js'
import {optionsFor, prod, tokenFor} from './fixture.js'
import {psql} from './psql.js'
import {login, message, SSL_REQUEST, Wire} from './wire.js'

let database: SandboxDatabase

beforeAll(async () => {
  database = await startDatabase(optionsFor([prod]))
}, 30_000)

beforeEach(() => database.setMode(prod.host, 'honest'))

afterAll(() => database.close())

describe('an impostor', {timeout: 20_000}, () => {
  it.each([
    ['other-name', `server certificate for "impostor.invalid" does not match host name "${prod.host}"`],
    ['other-authority', 'certificate verify failed'],
    ['expired', 'certificate verify failed'],
    ['not-yet-valid', 'certificate verify failed'],
    ['self-signed', 'certificate verify failed'],
    ['no-tls', 'server does not support SSL, but SSL was required'],
  ] as const)(
    '%s: gets no password from a client that verifies, and keeps one that does not',
    async (mode, complaint) => {
      database.setMode(prod.host, mode)
      const seen = database.impostorSaw().length
      const logins = database.logins().length
      const password = tokenFor()

      const careful = await psql(database, {endpoint: prod, password})
      expect(careful).toMatchObject({status: 2, stdout: ''})
      expect(careful.stderr).toContain(complaint)
      expect(database.impostorSaw()).toHaveLength(seen)

      const careless = await psql(database, {
        endpoint: prod,
        password,
        settings: {sslmode: 'prefer', sslrootcert: '/none'},
      })
      expect(careless.status).toBe(2)
      expect(database.impostorSaw().slice(seen)).toContainEqual({host: prod.host, user: 'alice', password})
      expect(database.logins()).toHaveLength(logins)
    },
  )

  it.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not-yet-valid', 'CERT_NOT_YET_VALID'],
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['other-authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['other-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['honest', undefined],
  ] as const)('%s: has a certificate with that very fault alone', async (mode, code) => {
    database.setMode(prod.host, mode)
    expect(await faultSeenByNode()).toBe(code)
  })

  it('closing: hangs up at once', async () => {
    database.setMode(prod.host, 'closing')
    const client = await Wire.open(await port())
    expect((await client.toEnd()).length).toBe(0)
  })

  it('silent: never answers', async () => {
    database.setMode(prod.host, 'silent')
    const client = await Wire.open(await port())
    client.write(SSL_REQUEST)
    database.setMode(prod.host, 'honest')
    expect((await psql(database, {endpoint: prod, password: tokenFor()})).stdout).toBe('1')
    expect(client.received.length).toBe(0)
    expect(client.stream.readableEnded).toBe(false)
    client.stream.end()
    await client.toEnd()
  })

  it('no-tls: takes a password from a client that begins in clear', async () => {
    database.setMode(prod.host, 'no-tls')
    const client = await Wire.open(await port())
    client.write(login('bob', 'app'))
    await client.until((received) => received.length === 9)
    client.write(message('p', 'in clear'))
    await client.toEnd()
    expect(database.impostorSaw().at(-1)).toEqual({host: prod.host, user: 'bob', password: 'in clear'})
  })

  it('slow: is honest, but takes its time for every byte', async () => {
    database.setMode(prod.host, {msPerByte: 1})
    const start = performance.now()
    expect(await faultSeenByNode()).toBeUndefined()
    // A handshake with its certificate is longer than this.
    expect(performance.now() - start).toBeGreaterThan(500)
  })
})

const port = async (): Promise<number> => (await database.portOf(prod.host, prod.port)) ?? 0

/** What Node finds wrong with the endpoint's certificate. */
async function faultSeenByNode(): Promise<string | undefined> {
  const clear = await Wire.open(await port())
  clear.write(SSL_REQUEST)
  await clear.until((received) => received.toString() === 'S')
  const client = connect({
    socket: clear.release(),
    servername: prod.host,
    ca: await readFile(database.caFile),
  })
  const fault = await new Promise<string | undefined>((resolve) => {
    client.on('secureConnect', () => resolve(undefined))
    client.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
  client.destroy()
  return fault
}
