/** The far side of the tunnel as a process: Session Manager, the agent, and what plays the database. */
import type {Socket} from 'node:net'
import {startEchoServer, startAgentHub} from '../../sandbox/agent.js'
import {drink, pour} from './bytes.js'
import {converse} from './call.js'

const QUERY = 64
const ANSWER = Buffer.alloc(256, 'row')
/** The first byte of a connection says what it is for. */
const PURPOSE = {sink: 0x55, source: 0x44, queries: 0x51}

/** Digests of the latest transfer each way. */
let sunk = Promise.resolve('')
let poured = Promise.resolve('')

const database = await startEchoServer((socket) => {
  socket.setNoDelay(true)
  socket.once('readable', () => {
    const head = socket.read(9) as Buffer | null
    if (head) serve(socket, head[0] ?? 0, Number(head.readBigUInt64BE(1)))
  })
})

function serve(socket: Socket, purpose: number, bytes: number): void {
  if (purpose === PURPOSE.sink) sunk = drink(socket, bytes)
  else if (purpose === PURPOSE.source) poured = pour(socket, bytes)
  else {
    let asked = 0
    socket.on('data', (chunk: Buffer) => {
      for (asked += chunk.length; asked >= QUERY; asked -= QUERY) socket.write(ANSWER)
    })
  }
}

const hub = await startAgentHub({dial: database.dial})
converse(process, {
  open: (grant: Parameters<typeof hub.open>[0]) => hub.open(grant),
  renew: ({id, token}: {id: string; token: string}) => hub.renew(id, token),
  facts: (id: string) => hub.session(id),
  cut: (id: string) => hub.cut(id),
  cutAt: ({id, k}: {id: string; k: number}) => hub.cutAt(k, id),
  hold: (id: string) => hub.hold(id),
  release: (id: string) => hub.release(id),
  sunk: () => sunk,
  poured: () => poured,
  usage: () => ({cpu: process.cpuUsage(), rss: process.memoryUsage.rss()}),
})
process.once('disconnect', () => process.exit())
