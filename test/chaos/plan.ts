import {CARRIERS} from '../support/carriers.js'
import type {People, Person} from './people.js'

export interface Command {
  readonly name: string
  readonly words: readonly string[]
}

/** One run, and how it is to be disturbed. */
export interface Plan {
  /** Marks its processes, and its requests to AWS. */
  readonly id: string
  readonly command: Command
  readonly person: Person
  readonly carrier: (typeof CARRIERS)[number]
  readonly victim: 'dbtunnel' | 'plugin' | 'helper'
  readonly signal: NodeJS.Signals
  /** After the start, in milliseconds. */
  readonly afterMs: number
}

/** Those that open a tunnel; among them, as often as one of these, one that meddles with what is open. */
const TUNNELS: readonly Command[] = [
  {name: 'psql', words: ['psql', 'prod-db', '-Atc', 'select pg_sleep(0.7)']},
  {name: 'psql of much', words: ['psql', 'prod-db', '-Atc', 'select generate_series(1, 200000)']},
  {name: 'open', words: ['open', 'prod-db', '--new']},
  {name: 'open --json', words: ['open', 'prod-db', '--new', '--json', '--quiet']},
  {name: 'open --detach', words: ['open', 'prod-db', '--new', '--detach']},
  {name: 'exec', words: ['exec', 'prod-db', '--', 'sleep', '0.7']},
]
const OTHERS: readonly Command[] = [
  {name: 'token', words: ['token', 'prod-db']},
  {name: 'status', words: ['status', '--json']},
  {name: 'hosts', words: ['hosts']},
  {name: 'hosts clean', words: ['hosts', 'clean']},
  {name: 'close', words: ['close', 'prod-db']},
  {name: 'close --all', words: ['close', '--all']},
]
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL']
/** By then the slowest of them stand or have ended, on a machine that has other work as well. */
const LATEST_MS = 2500
/** They open nothing. */
const LATEST_OF_OTHERS_MS = 800

/** The same for the same row of random numbers. */
export function planOf(number: number, {all}: People, random: () => number): Plan {
  const oneOf = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T
  const person = oneOf(all)
  const carrier = oneOf(CARRIERS)
  const command = oneOf([...TUNNELS, oneOf(OTHERS)])
  const victims: Plan['victim'][] = ['dbtunnel', 'dbtunnel', 'dbtunnel']
  if (TUNNELS.includes(command) && carrier.name === 'plugin') victims.push('plugin')
  if (TUNNELS.includes(command) && person.hosts === 'helper') victims.push('helper')
  return {
    id: `chaos-${number}-`,
    command,
    person,
    carrier,
    victim: oneOf(victims),
    signal: oneOf(SIGNALS),
    afterMs: Math.floor(random() * (TUNNELS.includes(command) ? LATEST_MS : LATEST_OF_OTHERS_MS)),
  }
}

/** For a violation's first words. */
export function textOf({id, command, person, carrier, victim, signal, afterMs}: Plan): string {
  return `${id} "${command.name}" of ${person.name}, ${carrier.name}: ${signal} of ${victim} after ${afterMs} ms`
}
