import {systemClock} from '../../src/adapters/processes/clock.js'
import {fail} from '../../src/core/errors.js'
import type {DatabaseLine} from '../../src/databases/auto-login.js'
import {lineOf} from '../../src/tunnel/listener/byte-line.js'
import {socketPair} from '../../src/tunnel/listener/socket-pair.js'

export interface TestLine {
  readonly line: DatabaseLine
  /** All that was written to the other side so far. */
  sent(): Buffer
  /** How often encryption was asked for. */
  encryptions(): number
  /** Says more, or that there is no more. */
  say(bytes: Uint8Array): void
  end(): void
}

/** A line on which the other side says these pieces, and then, unless it `isOpen`, nothing more. */
export function lineSaying(pieces: readonly Uint8Array[], isOpen = false): TestLine {
  const [near, far] = socketPair()
  const written: Buffer[] = []
  far.on('data', (bytes: Buffer) => written.push(bytes))
  for (const piece of pieces) far.write(piece)
  if (!isOpen) far.end()
  let encryptions = 0
  const limits = {allMs: 5000, late: () => fail('TIMEOUT', 'late'), ended: () => fail('TUNNEL_LOST', 'ended')}
  const line = lineOf(near, limits, systemClock)
  return {
    line: Object.assign(line, {
      async encrypt() {
        encryptions++
      },
    }),
    sent: () => Buffer.concat(written),
    encryptions: () => encryptions,
    say: (bytes) => void far.write(bytes),
    end: () => void far.end(),
  }
}

/** A stream of numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
