import {type Endpoint} from './endpoint.js'
import {type Server} from './server.js'

/** Makes sure that a database is there if an endpoint is described with it. */
export type Prepare = (database: string) => Promise<void>

/**
 * Makes the roles that the endpoints are described with. Databases are made when they are first wanted: each takes
 * several times as long as all roles together, and most are never visited.
 */
export async function provision(server: Server, endpoints: readonly Endpoint[]): Promise<Prepare> {
  const users = endpoints.flatMap((endpoint) => endpoint.users)
  const names = new Set(users.map(({name}) => name))
  const members = new Set(users.filter(({rdsIam}) => rdsIam).map(({name}) => name))
  const roles = [
    'create role rds_iam',
    ...[...names].map((name) => `create role ${quote(name)} login`),
    ...[...members].map((name) => `grant rds_iam to ${quote(name)}`),
  ]
  await server.query(roles.join(';\n'), 'postgres')

  const missing = new Set(endpoints.map(({databaseName}) => databaseName))
  missing.delete('postgres')
  const underWay = new Map<string, Promise<unknown>>()
  return async (database) => {
    if (!missing.has(database)) return
    const made = underWay.get(database) ?? server.query(`create database ${quote(database)}`, 'postgres')
    underWay.set(database, made)
    try {
      await made
      missing.delete(database)
    } finally {
      underWay.delete(database)
    }
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
