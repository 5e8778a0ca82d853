import {isDbtunnelError} from '../core/errors.js'
import type {HostsPort} from '../core/ports/hosts.js'
import {type HostsRequest, LONGEST_REQUEST, readRequest} from './helper-protocol.js'

/** One dbtunnel maps one name; a few more do no harm. */
const MOST_NAMES = 16
/** dbtunnel waits for each answer. */
const MOST_WAITING = 16
const ATTEMPTS_TO_REMOVE = 5
const LONGEST_QUOTE = 160

export interface HostsServer {
  /** Bytes of requests, as they come. */
  take(bytes: Buffer): void
  /** Takes all lines out. Resolves to false when some had to be left; the next start of dbtunnel takes those. */
  end(): Promise<boolean>
}

export interface HostsServerOutput {
  /** One line for each request, in order: `done`, or `failed` and the error as JSON. */
  readonly answer: (line: string) => void
  /** Called once, with why; nothing is taken any more. */
  readonly refuse: (why: string) => void
}

/**
 * The hosts helper's side of its pipe. A client that asks for anything but `map` or `unmap` and an RDS endpoint's name is not
 * dbtunnel, and is served no more.
 */
export function hostsServer(hosts: HostsPort, {answer, refuse}: HostsServerOutput): HostsServer {
  const names = new Set<string>()
  const over = new AbortController()
  let rest = ''
  let waiting = 0
  let work = Promise.resolve()

  const stop = (why: string): void => {
    over.abort(new Error(why))
    refuse(why)
  }

  const perform = async ({verb, name}: HostsRequest): Promise<void> => {
    try {
      if (verb === 'map') await hosts.add(name, over.signal)
      else await hosts.remove(name)
      answer('done')
    } catch (error) {
      answer(`failed ${failureText(error)}`)
    }
    waiting--
  }

  return {
    take(bytes) {
      // A byte a character, so that no byte is hidden by a decoder.
      rest += bytes.toString('latin1')
      while (!over.signal.aborted) {
        const feed = rest.indexOf('\n')
        if (feed === -1) {
          if (rest.length > LONGEST_REQUEST) stop(`a line that is too long: ${quoted(rest)}`)
          return
        }
        const line = rest.slice(0, feed)
        rest = rest.slice(feed + 1)
        const request = readRequest(line)
        if (!request) return stop(`not a request: ${quoted(line)}`)
        // Before it is mapped: whatever happens then, the end takes it out.
        names.add(request.name)
        if (names.size > MOST_NAMES) return stop(`more than ${MOST_NAMES} names`)
        if (++waiting > MOST_WAITING) return stop(`more than ${MOST_WAITING} requests at once`)
        work = work.then(() => perform(request))
      }
    },

    async end() {
      if (rest !== '' && !over.signal.aborted) refuse(`not a request: ${quoted(rest)}`)
      // Who waits for the lock to map a name need not wait any more.
      over.abort(new Error('It is over.'))
      await work
      const left = await Promise.all([...names].map((name) => isLeft(hosts, name)))
      return !left.includes(true)
    },
  }
}

/** Someone may hold the file for longer than a removal waits. */
async function isLeft(hosts: HostsPort, name: string): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_TO_REMOVE; attempt++) {
    try {
      await hosts.remove(name)
      return false
    } catch {
      // Once more.
    }
  }
  return true
}

function failureText(error: unknown): string {
  if (!isDbtunnelError(error)) return JSON.stringify({code: 'INTERNAL', message: String(error)})
  const {code, message, hint} = error
  return JSON.stringify({code, message, hint})
}

function quoted(text: string): string {
  const cut = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text
  return JSON.stringify(cut.replace(/[^ -~…]/g, '?'))
}
