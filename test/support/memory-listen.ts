import {Duplex} from 'node:stream'
import type {ListenPort, LocalSocket} from '../../src/core/ports/network.js'

/** A connection of a local program, of which only the counters and the end matter. */
export class MemoryCaller extends Duplex implements LocalSocket {
  bytesRead = 0
  bytesWritten = 0
  wasReset = false

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.bytesWritten += chunk.length
    done()
  }

  /** The program says something. */
  ask(text = '?'): void {
    this.bytesRead += text.length
    this.push(text)
  }

  /** The program has all it wants. */
  leave(): void {
    this.once('end', () => this.end())
    this.push(null)
    this.resume()
  }

  resetAndDestroy(): void {
    this.wasReset = true
    this.destroy()
  }
}

/** Ports without a network: who calls is the test's affair. */
export function memoryListen() {
  let onConnection: ((socket: LocalSocket) => void) | undefined
  const listen: ListenPort = {
    async listen(port, take) {
      onConnection = take
      const stop = (): void => void (onConnection = undefined)
      return {port: port || 40_000, stop, close: async () => stop()}
    },
  }
  return {
    listen,
    isOpen: () => onConnection !== undefined,
    call(): MemoryCaller {
      if (!onConnection) throw new Error('connection refused')
      const caller = new MemoryCaller()
      onConnection(caller)
      return caller
    },
  }
}
