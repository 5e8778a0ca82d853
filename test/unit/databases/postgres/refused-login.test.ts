import {describe, expect, it} from 'vitest'
import {explainRefusedLogin} from '../../../../src/databases/postgres/refused-login.js'

const login = {
  user: 'alice',
  region: 'eu-west-1',
  resourceId: 'db-ABC',
  caller: {account: '123456789012', arn: 'arn:aws:sts::123456789012:assumed-role/dev/alice', name: 'alice'},
}
const byIam = {kind: 'refused-by-iam', words: 'PAM authentication failed for user "alice"'} as const
const byPassword = {kind: 'asked-for-password', words: 'password authentication failed for user "alice"'} as const

describe('a login that IAM refused', () => {
  it('names who asked, and the statement for this database and user', () => {
    const {code, exitCode, message, hint} = explainRefusedLogin(byIam, login)
    expect({code, exitCode}).toEqual({code: 'LOGIN_REFUSED', exitCode: 77})
    expect(message).toContain('arn:aws:sts::123456789012:assumed-role/dev/alice')
    expect(hint?.split('\n')).toContain(
      '{"Effect":"Allow","Action":"rds-db:connect","Resource":"arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABC/alice"}',
    )
    expect(hint).not.toContain('-U')
  })

  it('as another user than oneself: says so first', () => {
    const {hint} = explainRefusedLogin(byIam, {...login, user: 'report'})
    expect(hint?.split('\n')[0]).toContain('-U alice')
    expect(hint).toContain('dbuser:db-ABC/report')
  })

  it('grants no more than one user, whatever that one is called', () => {
    const {hint} = explainRefusedLogin(byIam, {...login, user: '*'})
    expect(hint).toContain('/USER"')
    expect(hint).not.toContain('/*"')
  })

  it('where RDS was not asked, IAM login may be off', () => {
    const {hint} = explainRefusedLogin(byIam, {user: 'alice', region: 'cn-north-1'})
    expect(hint).toContain('IAM login may be off')
    expect(hint).toContain('"arn:aws-cn:rds-db:cn-north-1:*:dbuser:*/alice"')
    expect(explainRefusedLogin(byIam, login).hint).not.toContain('off')
  })
})

describe('a login for which IAM was not asked', () => {
  it('is one of a user without the role, whose name is quoted for SQL', () => {
    const {hint} = explainRefusedLogin(byPassword, {...login, user: 'a.b'})
    expect(hint?.split('\n')).toContain('GRANT rds_iam TO "a.b";')
    expect(hint).not.toContain('rds-db:connect')
  })

  it('has no name of a user in it that a shell would act on', () => {
    const {hint} = explainRefusedLogin(byPassword, {...login, user: 'a"$(id)'})
    expect(hint?.split('\n')).toContain('GRANT rds_iam TO USER_NAME;')
  })
})

it('any other refusal is in the database’s own words', () => {
  const failed = {kind: 'failed', words: 'database "nope" does not exist'} as const
  const {message, hint} = explainRefusedLogin(failed, login)
  expect(message).toContain('database "nope" does not exist.')
  expect(hint).toContain('-d postgres')
})
