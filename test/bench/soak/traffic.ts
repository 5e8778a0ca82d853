import {createHash, randomBytes, randomInt} from 'node:crypto'
import {createRequire} from 'node:module'
import {setTimeout as sleep} from 'node:timers/promises'

const require = createRequire(import.meta.url)

/** What programs behind one tunnel have seen. */
export interface Tally {
  bytesUp: number
  bytesDown: number
  /** Answers that are not what was sent, or that the database saw otherwise. */
  wrong: number
  /** Connections that ended, with what they said. */
  readonly broken: string[]
}

export interface Way {
  readonly host: string
  readonly localPort: number
  readonly user: string
  readonly database: string
  /** Certificates, PEM. */
  readonly authorities: string
  /** A token to log in with. */
  token(): Promise<string>
}

const CONNECTIONS = 3
/** Of each connection, up; as much comes back, in twice as many bytes. */
const BYTES_PER_S = 85 * 1024
const MOST_BYTES = 128 * 1024
const ECHO = 'select $1::bytea as back, md5($1::bytea) as digest'

/** The part of `pg` in use; the package comes without types. */
interface PgClient {
  connect(): Promise<void>
  on(event: 'error', listener: () => void): void
  query(text: string, values: readonly unknown[]): Promise<{rows: readonly {back: Buffer; digest: string}[]}>
  end(): Promise<void>
}

/** A few connections that send random bytes to the database, and compare digest and bytes that come back, until `stop`. */
export async function carry(way: Way, tally: Tally, stop: AbortSignal): Promise<void> {
  await Promise.all(Array.from({length: CONNECTIONS}, () => keepTalking(way, tally, stop)))
}

async function keepTalking(way: Way, tally: Tally, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      await talk(way, tally, stop)
    } catch (error) {
      tally.broken.push(String(error))
      await rest(1000, stop)
    }
  }
}

async function talk({host, localPort, authorities, ...way}: Way, tally: Tally, stop: AbortSignal): Promise<void> {
  const {Client} = require('pg') as {Client: new (config: object) => PgClient}
  const {user, database} = way
  const login = {host: '127.0.0.1', port: localPort, user, database, password: await way.token()}
  const client = new Client({...login, ssl: {ca: authorities, servername: host}})
  // The query that waits rejects with it.
  client.on('error', () => {})
  try {
    await client.connect()
    while (!stop.aborted) {
      const sent = randomBytes(randomInt(1, MOST_BYTES))
      const {rows} = await client.query(ECHO, [sent])
      tally.bytesUp += sent.length
      tally.bytesDown += rows[0]?.back.length ?? 0
      if (!rows[0]?.back.equals(sent) || rows[0].digest !== createHash('md5').update(sent).digest('hex')) tally.wrong++
      await rest((sent.length / BYTES_PER_S) * 1000, stop)
    }
  } finally {
    await client.end().catch(() => {})
  }
}

function rest(ms: number, stop: AbortSignal): Promise<void> {
  return sleep(ms, undefined, {signal: stop}).catch(() => {})
}
