import {describe, expect, it} from 'vitest'
import {explainRefusedLogin, mayBeRefused} from '../../../src/client/refused-login.js'

const refused = {code: 2, signal: null}
const login = {
  user: 'alice',
  region: 'eu-west-1',
  resourceId: 'db-ABC',
  caller: {account: '123456789012', arn: 'arn:aws:sts::123456789012:assumed-role/dev/alice'},
}

describe('explainRefusedLogin', () => {
  it('names the identity, then the permission for this database and user, then the role', () => {
    const line = explainRefusedLogin(login)
    const order = [
      'arn:aws:sts::123456789012:assumed-role/dev/alice',
      '{"Effect":"Allow","Action":"rds-db:connect","Resource":"arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABC/alice"}',
      'GRANT rds_iam TO "alice"',
      'clock',
    ].map((part) => line.indexOf(part))
    expect(order).not.toContain(-1)
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(line).not.toContain('\n')
  })

  it('leaves out that IAM login is off when RDS has said that it is on', () => {
    expect(explainRefusedLogin(login)).not.toContain('IAM login is off')
    const unknown = explainRefusedLogin({user: 'alice', region: 'cn-north-1'})
    expect(unknown).toContain('IAM login is off')
    expect(unknown).toContain('"arn:aws-cn:rds-db:cn-north-1:*:dbuser:*/alice"')
  })

  it('quotes the user for SQL', () => {
    expect(explainRefusedLogin({...login, user: 'a"b'})).toContain('GRANT rds_iam TO "a""b"')
  })
})

it('mayBeRefused is so for status 2 soon after the probe, and for no other end', () => {
  expect(mayBeRefused(refused, 900)).toBe(true)
  expect(mayBeRefused({code: 0, signal: null}, 900)).toBe(false)
  expect(mayBeRefused({code: 3, signal: null}, 900)).toBe(false)
  expect(mayBeRefused({code: null, signal: 'SIGTERM'}, 900)).toBe(false)
  expect(mayBeRefused(refused, 60_000)).toBe(false)
})
