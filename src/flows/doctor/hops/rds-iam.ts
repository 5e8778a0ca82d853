import type {Connection} from '../../../databases/postgres/environment.js'
import {explainRefusedLogin} from '../../../databases/postgres/refused-login.js'
import {keepPassfile} from '../../../databases/postgres/passfile.js'
import {checkLogin} from '../../../tunnel/check-login.js'
import {databaseOf, userOf} from '../../../tunnel/discovery/discover.js'
import {hop, ok} from '../hop.js'

/** Whether the database has IAM asked about this user: seen by how it takes a login. */
export const rdsIam = hop('rds-iam', {
  title: 'Role rds_iam',
  ofTarget: true,
  needs: [
    'psql',
    'region',
    'port',
    'folder',
    'credentials',
    'clock',
    'available',
    'iam-login',
    'authorities',
    'session',
    'certificate',
  ],
  async check(found, _request, ports, run) {
    const {region, port: door, folder, credentials: caller, available: target, session} = found
    const {settings, aws} = region
    const user = userOf(region, {caller})
    const {endpoint} = target
    door.lead(session.session.accept)
    const authoritiesFile = await ports.files.write(folder, 'authorities.pem', found.authorities)
    const login = {endpoint, region: target.region, user, localPort: door.port}
    const passfile = await keepPassfile(login, folder, {...ports, signing: aws.signing}, run)
    const connection: Connection = {
      target: target.name,
      host: endpoint.host,
      localPort: door.port,
      user,
      database: databaseOf(region, {target}),
      sslmode: settings.sslmode,
      // It works without a line in the hosts file, whose hop has been before.
      mapping: 'hostaddr',
      authoritiesFile,
      passfile: passfile.path,
    }
    const outcome = await checkLogin(found.psql, connection, ports)
    switch (outcome.kind) {
      case 'in':
        return outcome.isMember
          ? ok(`${user} has it`, outcome)
          : {status: 'unknown', detail: `${user} is let in, though not for this role.`, found: outcome}
      case 'refused-by-iam':
        return ok(`${user} has it: the database asked IAM`, outcome)
      case 'asked-for-password':
        throw explainRefusedLogin(outcome, {user, region: target.region, resourceId: target.resourceId, caller})
      case 'failed':
        return {status: 'unknown', detail: 'It did not come to that.', found: outcome}
    }
  },
})
