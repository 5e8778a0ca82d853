import {randomUUID} from 'node:crypto'
import {once} from 'node:events'
import {loadavg} from 'node:os'
import {connect, type Socket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {MinimalClient, type SessionFacts} from '../sandbox/agent.js'
import {drink, MiB, pour} from './native-transfer/bytes.js'
import {startProcess} from './native-transfer/call.js'

/** What `nativeTransfer` measured. Rates are MiB a second, times milliseconds, memory MiB. */
export interface TransferFigures {
  readonly mib: number
  readonly node: string
  /** Of the machine over the last minute, before and after. */
  readonly load: readonly [number, number]
  /** A sender that rests as the session-manager-plugin does: 1 KiB, then 1 ms. Measured before and after. */
  readonly pacedMiBs: number
  readonly uploadMiBs: number
  readonly downloadMiBs: number
  /** Upload against that sender. */
  readonly ratioUp: number
  /** Both ways at once, beside small queries, while the WebSocket is lost again and again. */
  readonly bothUpMiBs: number
  readonly bothDownMiBs: number
  readonly losses: number
  readonly checksumsEqual: boolean
  readonly idleP50Ms: number
  readonly smallP50Ms: number
  readonly smallP99Ms: number
  readonly smallMostMs: number
  /** Of the engine's process. */
  readonly rssBeforeMiB: number
  readonly rssPeakMiB: number
  readonly rssAfterMiB: number
  /** Processor time of engine and agent for each MiB up, and down. */
  readonly cpuMsPerMiB: {readonly up: readonly [number, number]; readonly down: readonly [number, number]}
}

const PURPOSE = {sink: 'U', source: 'D', queries: 'Q'}
const QUERY = Buffer.alloc(64, 'select 1;')
const ANSWER_BYTES = 256
const QUERIERS = 20
const QUERY_PAUSE_MS = 20
const PACED_MS = 3000

interface Usage {
  readonly cpu: NodeJS.CpuUsage
  readonly rss: number
}

/** Moves `mib` MiB up, then down, then both ways at once beside `QUERIERS` connections and through `losses` losses. */
export async function nativeTransfer({mib = 1024, losses = 10} = {}): Promise<TransferFigures> {
  const far = startProcess('./far.ts')
  const near = startProcess('./near.ts', {
    resume: async (id: string) => {
      const token = randomUUID()
      await far.ask('renew', {id, token})
      return token
    },
  })
  const grantOf = async (id: string) => {
    const token = randomUUID()
    const grant = {sessionId: id, token, agentVersion: '3.3.2299.0', host: 'db.internal', port: 5432, localPort: 0}
    const {streamUrl} = (await far.ask('open', grant)) as {streamUrl: string}
    return {sessionId: id, tokenValue: token, streamUrl}
  }
  const usage = async (): Promise<{near: Usage; far: Usage}> => ({
    near: await near.ask('usage'),
    far: await far.ask('usage'),
  })
  const bytes = mib * MiB
  let equal = true
  let rssPeak = 0
  const id = `alice-${randomUUID()}`
  const facts = (): Promise<SessionFacts> => far.ask('facts', id)
  try {
    const loadBefore = loadavg()[0] ?? 0
    const port: number = await near.ask('open', {grant: await grantOf(id), uploadRate: 'unlimited'})
    const watch = setInterval(() => {
      void near.ask('usage').then(
        ({rss}: Usage) => (rssPeak = Math.max(rssPeak, rss)),
        () => {},
      )
    }, 250).unref()
    const rssBefore = (await usage()).near.rss

    const up = async (): Promise<number> => {
      const socket = await dial(port, PURPOSE.sink, bytes)
      const start = performance.now()
      const [here, there] = [await pour(socket, bytes), (await far.ask('sunk')) as string]
      equal &&= here === there
      socket.destroy()
      return (mib * 1000) / (performance.now() - start)
    }
    const down = async (): Promise<number> => {
      const start = performance.now()
      const socket = await dial(port, PURPOSE.source, bytes)
      const [here, there] = [await drink(socket, bytes), (await far.ask('poured')) as string]
      equal &&= here === there
      socket.destroy()
      return (mib * 1000) / (performance.now() - start)
    }
    const measured = async (work: () => Promise<number>) => {
      const before = await usage()
      const rate = await work()
      const after = await usage()
      const cost = (side: 'near' | 'far'): number => {
        const [{user, system}, {user: u, system: s}] = [before[side].cpu, after[side].cpu]
        return round((u + s - user - system) / 1000 / mib)
      }
      return {rate, cpu: [cost('near'), cost('far')] as const}
    }

    const pacedBefore = await pacedSender(await grantOf(`paced-${randomUUID()}`))
    const idle = await queries(port, 1, sleep(1000))
    const upload = await measured(up)
    const download = await measured(down)
    const pacedAfter = await pacedSender(await grantOf(`paced-${randomUUID()}`))
    const pacedMiBs = (pacedBefore + pacedAfter) / 2

    const both = await bothWays()
    await sleep(500)
    const rssAfter = (await usage()).near.rss
    clearInterval(watch)
    return {
      mib,
      node: process.version,
      load: [round(loadBefore), round(loadavg()[0] ?? 0)],
      pacedMiBs: round(pacedMiBs),
      uploadMiBs: round(upload.rate),
      downloadMiBs: round(download.rate),
      ratioUp: round(upload.rate / pacedMiBs),
      bothUpMiBs: round(both.up),
      bothDownMiBs: round(both.down),
      losses: both.losses,
      checksumsEqual: equal,
      idleP50Ms: round(at(idle, 0.5)),
      smallP50Ms: round(at(both.times, 0.5)),
      smallP99Ms: round(at(both.times, 0.99)),
      smallMostMs: round(at(both.times, 1)),
      rssBeforeMiB: round(rssBefore / MiB),
      rssPeakMiB: round(rssPeak / MiB),
      rssAfterMiB: round(rssAfter / MiB),
      cpuMsPerMiB: {up: upload.cpu, down: download.cpu},
    }

    async function bothWays() {
      const start = performance.now()
      const rate = async (work: Promise<boolean>): Promise<number> => {
        equal &&= await work
        return (mib * 1000) / (performance.now() - start)
      }
      const sink = await dial(port, PURPOSE.sink, bytes)
      const source = await dial(port, PURPOSE.source, bytes)
      const rates = Promise.all([
        rate(pour(sink, bytes).then(async (here) => here === ((await far.ask('sunk')) as string))),
        rate(drink(source, bytes).then(async (here) => here === ((await far.ask('poured')) as string))),
      ])
      const lost = lose(rates)
      const times = await queries(port, QUERIERS, rates)
      const [upRate, downRate] = await rates
      sink.destroy()
      source.destroy()
      return {up: upRate, down: downRate, times, losses: await lost}
    }

    /** At even distances of the whole: cut between two messages, in the place of one, and while it resumes. */
    async function lose(work: Promise<unknown>): Promise<number> {
      let over = false
      void work.finally(() => (over = true))
      const {bytesToDatabase: from, opens} = await facts()
      for (let count = 1; count <= losses; count++) {
        const due = from + (bytes * count) / (losses + 1)
        while (!over && (await facts()).bytesToDatabase < due) await sleep(20)
        if (over) break
        if (count % 2 === 0) await far.ask('cut', id)
        else await far.ask('cutAt', {id, k: 1 + Math.floor(Math.random() * 500)})
      }
      await work
      return (await facts()).opens - opens
    }
  } finally {
    await near.stop()
    await far.stop()
  }
}

async function dial(port: number, purpose: string, bytes = 0): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  await once(socket, 'connect')
  const head = Buffer.alloc(9, purpose)
  head.writeBigUInt64BE(BigInt(bytes), 1)
  socket.write(head)
  return socket
}

/** Asks small questions on so many connections until `end`; how long each answer took. */
async function queries(port: number, connections: number, end: Promise<unknown>): Promise<number[]> {
  let over = false
  void end.finally(() => (over = true))
  const times: number[] = []
  const one = async (): Promise<void> => {
    const socket = await dial(port, PURPOSE.queries)
    while (!over) {
      const start = performance.now()
      socket.write(QUERY)
      for (let got = 0; got < ANSWER_BYTES;) got += ((await once(socket, 'data')) as [Buffer])[0].length
      times.push(performance.now() - start)
      await sleep(QUERY_PAUSE_MS * (0.5 + Math.random()))
    }
    socket.destroy()
  }
  await Promise.all(Array.from({length: connections}, one))
  return times.sort((a, b) => a - b)
}

/** MiB a second of a client that sends 1 KiB payloads with a rest of 1 ms behind each. */
async function pacedSender({streamUrl, tokenValue}: {streamUrl: string; tokenValue: string}): Promise<number> {
  const client = await new MinimalClient(streamUrl).open(tokenValue)
  const stream = client.openStream()
  const payload = Buffer.alloc(1024 - 8, 'x')
  const start = performance.now()
  let sent = 0
  for (; performance.now() - start < PACED_MS; sent += payload.length) {
    stream.write(payload)
    await sleep(1)
  }
  await client.until(() => client.unacknowledged === 0)
  const ms = performance.now() - start
  client.close()
  return (sent / MiB) * (1000 / ms)
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? NaN
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mib = Number(process.argv[process.argv.indexOf('--mib') + 1] || NaN)
  console.log(JSON.stringify(await nativeTransfer(Number.isFinite(mib) ? {mib} : {}), null, 2))
}
