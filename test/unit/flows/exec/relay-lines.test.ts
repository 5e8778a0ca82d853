import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {OutputStream} from '../../../../src/core/ports/output.js'
import {relayLines} from '../../../../src/flows/exec/relay-lines.js'
import {sharedOutput} from '../../../../src/flows/exec/shared-output.js'

/** As a program writes, with pauses in which others do. */
async function* program(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk.length % 2) await new Promise((resolve) => setImmediate(resolve))
    yield chunk
  }
}

function recorder(): OutputStream & {text(): string} {
  const parts: Uint8Array[] = []
  return {
    async write(bytes) {
      parts.push(Uint8Array.from(bytes))
      await new Promise((resolve) => setImmediate(resolve))
      return true
    },
    text: () => Buffer.concat(parts).toString('latin1'),
  }
}

const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n')

describe('relayLines', () => {
  it('neither cuts nor mixes nor loses lines, however they come', async () => {
    const chunk = fc.uint8Array({maxLength: 30}).map((bytes) => bytes.map((byte) => (byte % 7 === 0 ? 10 : byte)))
    const programs = fc.array(fc.array(chunk, {maxLength: 12}), {minLength: 1, maxLength: 4})
    await fc.assert(
      fc.asyncProperty(programs, async (all) => {
        const output = recorder()
        const shared = sharedOutput(output)
        await Promise.all(all.map((chunks, index) => relayLines(program(chunks), `${index}> `, shared)))
        const got = output.text()
        all.forEach((chunks, index) => {
          const text = Buffer.concat(chunks).toString('latin1')
          const own = linesOf(got).filter((line) => line.startsWith(`${index}> `))
          expect(own).toEqual(text === '' ? [] : linesOf(text).map((line) => `${index}> ${line}`))
        })
        expect(linesOf(got).every((line) => got === '' || /^\d> /.test(line))).toBe(true)
      }),
      {numRuns: 200, seed: 20261127},
    )
  })

  it('keeps no endless line, and lets none into it', async () => {
    const output = recorder()
    const shared = sharedOutput(output)
    const long = Array.from({length: 100}, () => Buffer.alloc(65_537, 'x'))
    const short = Array.from({length: 100}, () => Buffer.from('short\n'))
    const behind = Buffer.from('y\nend\nlast')
    await Promise.all([
      relayLines(program([...long, behind]), 'a: ', shared),
      relayLines(program(short), 'b: ', shared),
    ])
    const lines = linesOf(output.text())
    expect(lines.filter((line) => line.startsWith('b: '))).toEqual(short.map(() => 'b: short'))
    const [first, ...others] = lines.filter((line) => line.startsWith('a: '))
    expect(first).toBe(`a: ${'x'.repeat(6_553_700)}y`)
    expect(others).toEqual(['a: end', 'a: last'])
  })

  it.each(['a line\n', 'no end'])('reads no faster than it is read from: %j', async (text) => {
    let read = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        read++
        yield Buffer.from(text.padStart(65_536, 'x'))
      }
    }
    let go = (_: boolean): void => {}
    const stuck: OutputStream = {write: () => new Promise((resolve) => (go = resolve))}
    const relayed = relayLines(endless(), 'a: ', sharedOutput(stuck))
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(read).toBeLessThan(7)
    // Nobody reads any more: neither do we.
    go(false)
    expect(await relayed).toBe(false)
  })
})
