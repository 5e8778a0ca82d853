import {type Endpoint} from './endpoint.js'
import {type Server} from './server.js'

/** Makes the roles and databases that the endpoints are described with. */
export async function provision(server: Server, endpoints: readonly Endpoint[]): Promise<void> {
  const users = endpoints.flatMap((endpoint) => endpoint.users)
  const names = new Set(users.map(({name}) => name))
  const members = new Set(users.filter(({rdsIam}) => rdsIam).map(({name}) => name))
  const roles = [
    'create role rds_iam',
    ...[...names].map((name) => `create role ${quote(name)} login`),
    ...[...members].map((name) => `grant rds_iam to ${quote(name)}`),
  ]
  await server.query(roles.join(';\n'), 'postgres')

  const databases = new Set(endpoints.map(({databaseName}) => databaseName))
  databases.delete('postgres')
  for (const name of databases) await server.query(`create database ${quote(name)}`, 'postgres')
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
