const FAULTS = {
  /** `--version` tells one that is too old. */
  old: 'none',
  /** `--version` never answers. */
  'hang-version': 'none',
  /** As when the first dial of the WebSocket fails: alive, silent, useless. */
  'hang-dial': 'none',
  /** As on a local port that is taken: the session is up, nothing listens, nothing is said. */
  'hang-port': 'none',
  /** The first resume fails: alive, listening, dead. */
  'dead-resume': 'none',
  /** Listens on ::1, as where /etc/hosts has only `::1 localhost`: it listens on "localhost" (real plugin 1.2.677). */
  'only-ipv6': 'none',
  /** Gives up with a setup error, and status 0. */
  'setup-error': 'none',
  /** Ends before it listens, without a word and with status 0. */
  quit: 'none',
  /** Go's panic: stderr, status 2. */
  panic: 'none',
  /** Takes no notice of SIGINT. */
  'ignore-sigint': 'none',
  /** Writes its output byte by byte. */
  trickle: 'none',
  /** Killed after so many bytes of output. */
  'kill-after-bytes': 'number',
  /** Killed as soon as it listens. */
  'kill-listening': 'none',
  /** Killed when the n-th local connection comes, counted from 1. */
  'kill-at-connection': 'number',
} as const

export type Fault = keyof typeof FAULTS

/** Reads SANDBOX_PLUGIN_FAULT: names with commas between, a number after a colon. Throws on any other word. */
export function readFaults(text = ''): ReadonlyMap<Fault, number> {
  const faults = new Map<Fault, number>()
  for (const word of text.split(',').filter((part) => part !== '')) {
    const [name = '', value] = word.split(':')
    const numbered = Object.hasOwn(FAULTS, name) ? FAULTS[name as Fault] === 'number' : undefined
    if (numbered === undefined || numbered !== /^\d+$/.test(value ?? '')) throw new Error(`no such fault: ${word}`)
    faults.set(name as Fault, Number(value ?? 0))
  }
  return faults
}
