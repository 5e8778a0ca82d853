import {type Readable} from 'node:stream'
import {FIRST_MESSAGE_LIMIT, type FirstMessage, parseFirst} from './messages.js'

const PASSWORD_LIMIT = 65_535

/** The next message of the kind that has no type byte; undefined when the client is gone or makes no sense. */
export async function readFirst(stream: Readable): Promise<FirstMessage | undefined> {
  const head = await take(stream, 4)
  const length = head?.readInt32BE() ?? 0
  if (!head || length < 8 || length > FIRST_MESSAGE_LIMIT) return undefined
  const rest = await take(stream, length - 4)
  return rest && parseFirst(Buffer.concat([head, rest]))
}

/** The text of a PasswordMessage; undefined when none comes. */
export async function readPassword(stream: Readable): Promise<string | undefined> {
  const head = await take(stream, 5)
  const length = head?.readInt32BE(1) ?? 0
  if (head?.toString('latin1', 0, 1) !== 'p' || length < 5 || length > PASSWORD_LIMIT) return undefined
  const body = await take(stream, length - 4)
  return body?.at(-1) === 0 ? body.toString('utf8', 0, body.length - 1) : undefined
}

/** Exactly so many bytes, leaving the ones after them in the stream; undefined when it ends before. */
export async function take(stream: Readable, count: number): Promise<Buffer | undefined> {
  for (;;) {
    const bytes = stream.read(count) as Buffer | null
    if (bytes) return bytes.length === count ? bytes : undefined
    if (stream.readableEnded || stream.destroyed) return undefined
    await change(stream)
  }
}

function change(stream: Readable): Promise<void> {
  const events = ['readable', 'end', 'close'] as const
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) stream.off(event, done)
      resolve()
    }
    for (const event of events) stream.on(event, done)
  })
}
