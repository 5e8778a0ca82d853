import {createSocket} from 'node:dgram'

const CNAME = 5

/**
 * A DNS server on 127.0.0.1 that knows CNAMEs and nothing else: every other question is answered with "no such name", or with
 * silence where the name is `silent`.
 */
export async function startDnsServer(
  aliases: Readonly<Record<string, string>>,
): Promise<{readonly address: string; close(): Promise<void>}> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const {name, end} = readName(query, 12)
    const target = aliases[name.toLowerCase()]
    if (target === 'silent') return
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    // An answer, recursion desired and available; 3: no such name.
    header.writeUInt16BE(target === undefined ? 0x8183 : 0x8180, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(target === undefined ? 0 : 1, 6)
    const data = target === undefined ? Buffer.alloc(0) : writeName(target)
    const record = Buffer.alloc(12)
    // The name of the question; CNAME, IN, a minute.
    record.writeUInt16BE(0xc00c, 0)
    record.writeUInt16BE(CNAME, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt32BE(60, 6)
    record.writeUInt16BE(data.length, 10)
    const answer = target === undefined ? [] : [record, data]
    socket.send(Buffer.concat([header, query.subarray(12, end + 4), ...answer]), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function readName(message: Buffer, start: number): {readonly name: string; readonly end: number} {
  const labels: string[] = []
  let at = start
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return {name: labels.join('.'), end: at + 1}
}

function writeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]))
  return Buffer.concat([...labels, Buffer.of(0)])
}
