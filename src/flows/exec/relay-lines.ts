import type {OutputStream} from '../../core/ports/output.js'
import type {SharedOutput} from './shared-output.js'

const NEWLINE = 0x0a
/** A line that is longer is not kept until its end: it has the stream for itself from here on. */
const KEPT_BYTES = 256 * 1024

type Chunks = AsyncIterator<Uint8Array, undefined>

/**
 * Passes on what a program prints, with `prefix` before each line. No line is cut by another program's, however long; a
 * last one without an end gets one. Reads no faster than it is read from. Resolves to whether somebody reads.
 */
export async function relayLines(
  source: AsyncIterable<Uint8Array>,
  prefix: string,
  shared: SharedOutput,
): Promise<boolean> {
  const chunks = source[Symbol.asyncIterator]() as Chunks
  const head = Buffer.from(prefix)
  /** The beginning of a line. */
  let rest: Uint8Array = Buffer.alloc(0)
  for (let chunk = await next(chunks); chunk;) {
    const text: Uint8Array = Buffer.concat([rest, chunk])
    const end: number = text.lastIndexOf(NEWLINE) + 1
    rest = text.subarray(end)
    if (end > 0 && !(await shared.alone((output) => output.write(prefixed(text.subarray(0, end), head))))) return false
    if (rest.length > KEPT_BYTES) {
      const begun = prefixed(rest, head)
      chunk = await shared.alone((output) => passOnLine(begun, chunks, output))
      if (!chunk) return false
      rest = Buffer.alloc(0)
    } else chunk = await next(chunks)
  }
  const last = Buffer.concat([prefixed(rest, head), Buffer.of(NEWLINE)])
  return rest.length === 0 || shared.alone((output) => output.write(last))
}

async function next(chunks: Chunks): Promise<Uint8Array | undefined> {
  return (await chunks.next()).value
}

/** A line to its end, as it comes. Resolves to what came behind it; to undefined when nobody reads. */
async function passOnLine(begun: Uint8Array, chunks: Chunks, output: OutputStream): Promise<Uint8Array | undefined> {
  if (!(await output.write(begun))) return undefined
  for (;;) {
    const chunk = await next(chunks)
    const end = chunk ? chunk.indexOf(NEWLINE) + 1 : 0
    const part = !chunk ? Buffer.of(NEWLINE) : end > 0 ? chunk.subarray(0, end) : chunk
    if (!(await output.write(part))) return undefined
    if (!chunk || end > 0) return chunk ? chunk.subarray(end) : Buffer.alloc(0)
  }
}

/** With `head` before each line. */
function prefixed(text: Uint8Array, head: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = []
  for (let from = 0; from < text.length;) {
    const at = text.indexOf(NEWLINE, from)
    const to = at < 0 ? text.length : at + 1
    pieces.push(head, text.subarray(from, to))
    from = to
  }
  return Buffer.concat(pieces)
}
