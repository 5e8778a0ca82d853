import {type DbtunnelError, fail} from '../../core/errors.js'
import {sentence} from '../../core/text/sentence.js'
import type {LoginAttempt, LoginOutcome} from '../database-kind.js'
import {mayBeOff, notAllowed} from '../refused-by-iam.js'
import {grants, IAM_MARK} from './grants.js'

/**
 * The likeliest cause of a login that was refused, and what mends it. Ruled out are a token for another host, port,
 * region or user, or too old (it is ours, and fresh), and a wrong clock (then none is signed).
 */
export function explainRefusedLogin(outcome: Exclude<LoginOutcome, {kind: 'in'}>, login: LoginAttempt): DbtunnelError {
  switch (outcome.kind) {
    case 'refused-by-iam':
      return notAllowed(login)
    case 'asked-for-password':
      return noIamUser(login)
    case 'failed':
      return failed(outcome.words, login)
  }
}

function noIamUser({user, resourceId}: LoginAttempt): DbtunnelError {
  const [create, allow] = grants(user)
  const hint = ['As an administrator of the database:', create, `If there is such a user: ${allow}`]
  return fail(
    'LOGIN_REFUSED',
    `The database did not ask IAM about ${user}: it has no such user, or that user does not have ${IAM_MARK}.`,
    {hint: [...hint, ...mayBeOff(resourceId)].join('\n')},
  )
}

/** By MySQL's number of the error, as its clients print it; those from 2000 on are the client's own. */
function failed(words: string, {user}: LoginAttempt): DbtunnelError {
  const [, code = ''] = /^ERROR (\d+)/.exec(words) ?? []
  switch (code) {
    case '1040':
      return fail('DATABASE_UNAVAILABLE', 'The database has as many connections as it takes (1040).', {
        hint: 'Try again later. As an administrator, see who is connected: SHOW PROCESSLIST;',
      })
    case '1049':
      return fail('LOGIN_REFUSED', `The database does not let ${user} in: ${sentence(words)}`, {
        hint: 'Name one that there is: -d information_schema',
      })
    case '1129':
      return fail(
        'DATABASE_UNAVAILABLE',
        'The database has locked this bastion out, after too many connections from it that ended before a login (1129).',
        {
          hint: 'As an administrator of the database: TRUNCATE TABLE performance_schema.host_cache;\nOr FLUSH HOSTS; on MariaDB and before MySQL 8.0.23. Another bastion is let in: --bastion RULE',
        },
      )
    case '1524':
      return fail('IAM_LOGIN_OFF', 'The database does not know AWSAuthenticationPlugin (1524): its IAM login is off.', {
        hint: 'An administrator turns it on with aws rds modify-db-instance (modify-db-cluster on Aurora): --enable-iam-database-authentication --apply-immediately',
      })
    case '2026':
      return fail('TLS_IDENTITY', `The client could not verify the database: ${sentence(words)}`, {
        hint: "Give it the endpoint's own name, never 127.0.0.1, and dbtunnel's CA file.",
      })
    case '3159':
      return fail(
        'LOGIN_REFUSED',
        'The database takes connections with TLS alone, and the client came without (3159).',
        {
          hint: 'MariaDB: --ssl-verify-server-cert --ssl-ca=FILE. MySQL: --ssl-mode=VERIFY_IDENTITY --ssl-ca=FILE',
        },
      )
    default:
      return fail('LOGIN_REFUSED', `The database does not let ${user} in: ${sentence(words)}`)
  }
}
