import {Duplex} from 'node:stream'
import {setTimeout as sleep} from 'node:timers/promises'
import {type Socket} from 'node:net'

/** The same connection, but what is written to it leaves byte by byte with a pause before each. */
export function slow(socket: Socket, msPerByte: number): Duplex {
  const slowed = new Duplex({
    read: () => socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      trickle(socket, chunk, msPerByte).then(() => done(), done)
    },
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk) => slowed.push(chunk) || socket.pause())
  socket.on('end', () => slowed.push(null))
  socket.on('error', (error) => slowed.destroy(error))
  socket.on('close', () => slowed.destroy())
  return slowed
}

async function trickle(socket: Socket, chunk: Buffer, msPerByte: number): Promise<void> {
  for (const byte of chunk) {
    if (socket.destroyed) return
    await sleep(msPerByte)
    socket.write(Buffer.of(byte))
  }
}
