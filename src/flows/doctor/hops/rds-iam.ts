import {terminalFor} from '../../../clients/client-of.js'
import type {Connection} from '../../../databases/connection.js'
import type {DatabaseKind, LoginCheck, LoginOutcome} from '../../../databases/database-kind.js'
import {keepLoginFresh} from '../../../databases/keep-login-fresh.js'
import {databaseKind} from '../../../databases/kind-of.js'
import {checkLogin} from '../../../tunnel/check-login.js'
import {databaseOf, userOf} from '../../../tunnel/discovery/discover.js'
import type {Ports} from '../../../core/ports/ports.js'
import type {Run} from '../../../core/run.js'
import {type Findings, hop, ok} from '../hop.js'
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
    const {region, credentials: caller, available: target} = found
    const user = userOf(region, {caller})
    const kind = databaseKind(target.databaseKind)
    const outcome = kind.loginCheck
      ? await byClient(kind, kind.loginCheck, user, found, ports, run)
      : found.session.login()
    if (!outcome) return {status: 'unknown', detail: 'Nobody has logged in.', found: {kind: 'failed', words: ''}}
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

/** The login of a terminal client. */
async function byClient(
  kind: DatabaseKind,
  check: LoginCheck,
  user: string,
  found: Pick<Findings, 'region' | 'port' | 'folder' | 'available' | 'authorities' | 'session'>,
  ports: Ports,
  run: Run,
): Promise<LoginOutcome> {
  const {region, port: localEnd, folder, available: target, session} = found
  const {settings, aws} = region
  const {endpoint} = target
  localEnd.lead(session.session.accept)
  const authoritiesFile = await ports.files.write(folder, 'authorities.pem', found.authorities)
  const client = await (await terminalFor(kind.id)).find(ports)
  const database = databaseOf(region, {target})
  const place = {endpoint, region: target.region, user, database, localPort: localEnd.port, authoritiesFile}
  const login = await keepLoginFresh(kind, place, folder, {...ports, signing: aws.signing}, run)
  const connection: Connection = {
    target: target.name,
    host: endpoint.host,
    localPort: localEnd.port,
    user,
    database,
    sslmode: settings.sslmode,
    // It works without a line in the hosts file, whose hop has been before.
    mapping: 'hostaddr',
    authoritiesFile,
    homeFiles: await ports.files.inHome(kind.homeFiles),
    loginFiles: login.files,
    readOnly: false,
  }
  return checkLogin(client, kind, check, connection, ports, run.signal)
}
