import {describe, expect, it} from 'vitest'
import {evaluate, type Statement} from './policy.js'

function ask(statements: readonly Statement[], action: string, resource: string, context = {}): string {
  return evaluate([{Version: '2012-10-17', Statement: statements}], {action, resource, context})
}

const allow = (Action: string, Resource: string, Condition?: Statement['Condition']): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  Condition,
})

describe('evaluate', () => {
  it('denies what nothing allows', () => {
    expect(ask([], 'rds:DescribeDBInstances', '*')).toBe('implicit-deny')
    expect(ask([allow('rds:Describe*', '*')], 'rds:DescribeDBClusters', 'arn:x')).toBe('allowed')
    expect(ask([allow('rds:Describe*', '*')], 'rds:ModifyDBInstance', 'arn:x')).toBe('implicit-deny')
    expect(ask([allow('rds:connect', '*')], 'rds-db:connect', 'arn:x')).toBe('implicit-deny')
  })

  it('lets a deny win over any allow', () => {
    const deny = {...allow('*', 'arn:secret'), Effect: 'Deny'} as const
    expect(ask([allow('*', '*'), deny], 'ssm:StartSession', 'arn:secret')).toBe('explicit-deny')
    expect(ask([deny, allow('*', '*')], 'ssm:StartSession', 'arn:open')).toBe('allowed')
  })

  it('matches whole resources, with * and ? alone as wildcards', () => {
    const statement = allow('a:b', 'arn:aws:ssm:*:1:session/a?ice-*')
    expect(ask([statement], 'a:b', 'arn:aws:ssm:eu-west-1:1:session/alice-0')).toBe('allowed')
    expect(ask([statement], 'a:b', 'arn:aws:ssm:eu-west-1:1:session/malice-0')).toBe('implicit-deny')
    expect(ask([allow('a:b', 'arn.x')], 'a:b', 'arn:x')).toBe('implicit-deny')
    expect(ask([allow('a:b', 'arn:x')], 'a:b', 'arn:xy')).toBe('implicit-deny')
  })

  it('fills in policy variables; without a value the statement holds for nothing', () => {
    const statement = allow('a:b', 'user/${aws:PrincipalTag/username}')
    expect(ask([statement], 'a:b', 'user/alice', {'aws:principaltag/username': 'alice'})).toBe('allowed')
    expect(ask([statement], 'a:b', 'user/bob', {'aws:principaltag/username': 'alice'})).toBe('implicit-deny')
    expect(ask([statement], 'a:b', 'user/')).toBe('implicit-deny')
    expect(ask([statement], 'a:b', 'user/bob', {'aws:principaltag/username': '*'})).toBe('implicit-deny')
  })

  it('looks at conditions: all must hold, a missing key only where IfExists says so', () => {
    const check = (operator: string): Statement =>
      allow('a:b', '*', {[operator]: {'ssm:SessionDocumentAccessCheck': 'true'}})
    const key = 'ssm:SessionDocumentAccessCheck'
    expect(ask([check('BoolIfExists')], 'a:b', 'x')).toBe('allowed')
    expect(ask([check('BoolIfExists')], 'a:b', 'x', {[key]: 'true'})).toBe('allowed')
    expect(ask([check('BoolIfExists')], 'a:b', 'x', {[key]: 'false'})).toBe('implicit-deny')
    expect(ask([check('Bool')], 'a:b', 'x')).toBe('implicit-deny')

    const tagged = allow('a:b', '*', {
      StringLike: {'ssm:resourceTag/Role': ['bastion', 'jump-*']},
      StringEquals: {'aws:userid': '${aws:PrincipalTag/id}'},
    })
    const context = {'ssm:resourceTag/Role': 'jump-7', 'aws:userid': 'U', 'aws:PrincipalTag/id': 'U'}
    expect(ask([tagged], 'a:b', 'x', context)).toBe('allowed')
    expect(ask([tagged], 'a:b', 'x', {...context, 'ssm:resourceTag/Role': 'web'})).toBe('implicit-deny')
    expect(ask([tagged], 'a:b', 'x', {...context, 'aws:userid': 'V'})).toBe('implicit-deny')
    expect(ask([tagged], 'a:b', 'x', {'aws:userid': 'U', 'aws:PrincipalTag/id': 'U'})).toBe('implicit-deny')
  })

  it('refuses to guess at an operator that it does not know', () => {
    const statement = allow('a:b', '*', {IpAddress: {'aws:SourceIp': '10.0.0.0/8'}})
    expect(() => ask([statement], 'a:b', 'x', {'aws:SourceIp': '10.0.0.1'})).toThrow('IpAddress')
  })
})
