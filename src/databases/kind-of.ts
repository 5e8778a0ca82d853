import type {DatabaseKind} from './database-kind.js'
import {kinds} from './kinds.js'

/** The kind for RDS's engine word (an id is one, too); undefined for one that dbtunnel does not support. */
export function databaseKindOf(rdsEngine: string): DatabaseKind | undefined {
  return kinds.find((kind) => kind.matches(rdsEngine))
}

/** The kind with this id. */
export function databaseKind(id: string): DatabaseKind {
  const kind = kinds.find((one) => one.id === id)
  if (!kind) throw new Error(`There is no database kind ${id}.`)
  return kind
}

/** The kind of a host name that RDS was not asked about: the one whose port it is, else the usual one. */
export function databaseKindAt(port: number | undefined): DatabaseKind {
  const there = kinds.filter(({defaultPort}) => defaultPort === port)
  const kind = there.find(({isUsual}) => isUsual) ?? there[0] ?? kinds.find(({isUsual}) => isUsual === 'everywhere')
  if (!kind) throw new Error('No database kind is the usual one.')
  return kind
}

/** For a sentence: `PostgreSQL`, or several with commas. */
export function databaseLabels(): string {
  return kinds.map(({label}) => label).join(', ')
}
