import {terminalFor} from '../../../clients/client-of.js'
import type {Connection} from '../../../databases/connection.js'
import {keepLoginFresh} from '../../../databases/keep-login-fresh.js'
import {databaseKind} from '../../../databases/kind-of.js'
import {checkLogin} from '../../../tunnel/check-login.js'
import {databaseOf, userOf} from '../../../tunnel/discovery/discover.js'
import {hop, ok} from '../hop.js'
import {clientHops} from './clients.js'

/** Whether the database has IAM asked about this user: seen by how it takes a login. */
export const rdsIam = hop('rds-iam', {
  title: 'IAM user',
  ofTarget: true,
  needs: [
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
  needsNotToFail: clientHops.map(({id}) => id),
  async check(found, _request, ports, run) {
    const {region, port: localEnd, folder, credentials: caller, available: target, session} = found
    const {settings, aws} = region
    const user = userOf(region, {caller})
    const {endpoint} = target
    localEnd.lead(session.session.accept)
    const authoritiesFile = await ports.files.write(folder, 'authorities.pem', found.authorities)
    const kind = databaseKind(target.databaseKind)
    const client = await (await terminalFor(kind.id)).find(ports)
    const place = {endpoint, region: target.region, user, localPort: localEnd.port}
    const login = await keepLoginFresh(kind, place, folder, {...ports, signing: aws.signing}, run)
    const connection: Connection = {
      target: target.name,
      host: endpoint.host,
      localPort: localEnd.port,
      user,
      database: databaseOf(region, {target}),
      sslmode: settings.sslmode,
      // It works without a line in the hosts file, whose hop has been before.
      mapping: 'hostaddr',
      authoritiesFile,
      homeFiles: await ports.files.inHome(kind.homeFiles),
      loginFiles: login.files,
      readOnly: false,
    }
    const outcome = await checkLogin(client, kind, connection, ports, run.signal)
    switch (outcome.kind) {
      case 'in':
        return outcome.isByIam
          ? ok(`${user} has ${kind.iamMark}`, outcome)
          : {status: 'unknown', detail: `${user} is let in, though not for ${kind.iamMark}.`, found: outcome}
      case 'refused-by-iam':
        return ok(`${user} has ${kind.iamMark}: the database asked IAM`, outcome)
      case 'asked-for-password':
        throw kind.explainRefusal(outcome, {user, caller, ...target})
      case 'failed':
        return {status: 'unknown', detail: 'Not checked: the login failed first.', found: outcome}
    }
  },
})
