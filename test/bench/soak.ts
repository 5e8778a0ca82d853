import {setMaxListeners} from 'node:events'
import {existsSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {CARRIERS} from '../support/carriers.js'
import type {Part, Row} from './row.js'
import {Held} from './soak/held.js'
import {trendOf} from './soak/trend.js'

/** A database for each engine. */
const TARGETS = ['prod-db', 'metrics-db']
const MINUTE_MS = 60_000
const LOOK_MS = 5000
const LOGIN_MS = 30_000
/** Evenly over the time: every ten minutes of an hour. */
const LOSSES = 5
const MOST_GROWTH = 1.1
/** The passfile's token is replaced about so often. */
const TOKEN_MINUTES = 12

/** Tunnels of both engines, held with traffic that never rests, logins now and then, and lost WebSockets. */
export const soak: Part = {
  name: 'soak',
  isLong: true,
  async measure(sandbox, {minutes}) {
    if (!existsSync('/proc/self/status')) return {skipped: 'there is no /proc here'}
    const held = await Promise.all(CARRIERS.map((carrier, at) => Held.open(sandbox, carrier, TARGETS[at] ?? '')))
    const stop = new AbortController()
    setMaxListeners(0, stop.signal)
    const end = (): void => stop.abort()
    process.once('SIGINT', end).once('SIGTERM', end)
    let losses = 0
    const all = (act: (one: Held) => unknown) => (): unknown => Promise.all(held.map(act))
    const lose = (): void => {
      // As a network does it, and as the service does it every hour.
      if (losses++ % 2 === 0) sandbox.agents.cut()
      else sandbox.agents.hangUp()
    }
    await Promise.all([
      ...held.map((one) => one.carry(stop.signal)),
      every(
        LOOK_MS,
        stop.signal,
        all((one) => one.look()),
      ),
      every(
        LOGIN_MS,
        stop.signal,
        all((one) => one.login()),
      ),
      every(
        MINUTE_MS,
        stop.signal,
        all((one) => process.stderr.write(`${one.progress()}\n`)),
      ),
      every((minutes * MINUTE_MS) / (LOSSES + 1), stop.signal, () => losses < LOSSES && lose()),
      sleep(minutes * MINUTE_MS, undefined, {signal: stop.signal})
        .catch(() => {})
        .then(end),
    ])
    process.off('SIGINT', end).off('SIGTERM', end)
    const said = await Promise.all(held.map((one) => one.end()))
    return held.flatMap((one, at) => rowsOf(one, {losses, sessions: sandbox.sessions.all().length, said: said[at]}))
  },
}

/** Again and again; what is going on at the end is waited for. */
async function every(ms: number, stop: AbortSignal, act: () => unknown): Promise<void> {
  for (;;) {
    await sleep(ms, undefined, {signal: stop}).catch(() => {})
    if (stop.aborted) return
    await act()
  }
}

function rowsOf(held: Held, course: {losses: number; sessions: number; said: string | undefined}): Row[] {
  const {engine, samples, tally, tokens, logins, refused} = held
  const trend = trendOf(samples)
  const minutes = samples.at(-1)?.minute ?? 0
  const over = `${engine}, over ${minutes.toFixed(0)} min of traffic`
  const mib = [trend.minute1, trend.minute5, trend.peak, trend.end].map((one) => `${one.toFixed(1)} MiB`).join(', ')
  const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(2)} GiB`
  const leastTokens = 1 + Math.floor(minutes / TOKEN_MINUTES)
  return [
    {
      what: `RSS of \`open\`, ${over}: after 1 minute, after 5, peak, end; slope after the first 5`,
      measured: `${mib}; ${trend.slope.toFixed(1)} MiB/h`,
      figures: {trend, samples, ...course},
    },
    {
      what: `RSS of \`open\`, ${over}: median of the last quarter against the second`,
      measured: `${trend.growth.toFixed(3)}×`,
      budget: `≤ ${MOST_GROWTH}×`,
      isMet: trend.growth <= MOST_GROWTH,
    },
    {
      what: `wrong answers, ${over}, through ${course.losses} lost WebSockets`,
      measured: `${tally.wrong}, in ${gib(tally.bytesUp)} up and ${gib(tally.bytesDown)} down`,
      budget: '0',
      isMet: tally.wrong === 0 && tally.bytesUp > 0,
      figures: tally,
    },
    {
      what: `connections cut, ${over}, through ${course.losses} lost WebSockets`,
      measured: String(tally.broken.length),
      // The session-manager-plugin sends nothing any more when there was something to be sent meanwhile.
      ...(engine === 'native' && {budget: '0', isMet: tally.broken.length === 0}),
    },
    {
      what: `logins through the passfile, ${over}; tokens in it`,
      measured: `${logins.length - refused.length} of ${logins.length}; ${tokens.size}`,
      budget: `all; ≥ ${leastTokens}`,
      isMet: refused.length === 0 && logins.length > 0 && tokens.size >= leastTokens,
      figures: {refused},
    },
  ]
}
