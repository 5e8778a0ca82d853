import {describe, expect, it} from 'vitest'
import {loginStatement, policyJson, startSessionStatements, statementsFor} from '../../../../src/core/iam/statements.js'

const USED = [
  'ssm:StartSession',
  'ssm:ResumeSession',
  'ssm:TerminateSession',
  'ssmmessages:OpenDataChannel',
  'rds:DescribeDBInstances',
  'rds:DescribeDBClusters',
  'rds:DescribeDBClusterEndpoints',
  'ec2:DescribeInstances',
  'ssm:DescribeInstanceInformation',
  'ssm:DescribeSessions',
]

it.each(USED)('a statement grants %s', (action) => {
  expect(statementsFor(action).length).toBeGreaterThan(0)
})

it('nothing is granted that dbtunnel does not use', () => {
  expect(statementsFor('ssm:SendCommand')).toEqual([])
  expect(new Set(USED.flatMap((action) => statementsFor(action).flatMap((one) => one.Action)))).toEqual(new Set(USED))
})

describe('startSessionStatements', () => {
  it('opens no shell: every one checks for the document', () => {
    for (const {Condition} of startSessionStatements()) {
      expect(Condition?.['BoolIfExists']).toEqual({'ssm:SessionDocumentAccessCheck': 'true'})
    }
  })

  it('asks for the tag on instances, never on the document, which has none', () => {
    const scope = {region: 'us-gov-west-1', account: '123456789012', bastionTag: {key: 'Role', value: 'bastion'}}
    const [document, instances] = startSessionStatements(scope)
    expect(document?.Resource).toEqual([
      'arn:aws-us-gov:ssm:us-gov-west-1::document/AWS-StartPortForwardingSessionToRemoteHost',
    ])
    expect(document?.Condition).not.toHaveProperty('StringLike')
    expect(instances?.Resource).toContain('arn:aws-us-gov:ec2:us-gov-west-1:123456789012:instance/*')
    expect(instances?.Condition?.['StringLike']).toEqual({'ssm:resourceTag/Role': 'bastion'})
  })
})

it('sessions are the caller’s own', () => {
  const [statement] = statementsFor('ssm:TerminateSession', {region: 'cn-north-1'})
  expect(statement?.Resource).toEqual(['arn:aws-cn:ssm:cn-north-1:*:session/*'])
  expect(statement?.Condition).toEqual({
    StringLike: {'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}'},
  })
  const [channel] = statementsFor('ssmmessages:OpenDataChannel')
  expect(channel?.Resource).toEqual(['arn:aws:ssm:*:*:session/${aws:userid}-*'])
})

it('is JSON that stands in a policy', () => {
  const login = loginStatement({region: 'eu-west-1', account: '123456789012', resourceId: 'cluster-X', user: 'bob'})
  expect(policyJson([login])).toBe(
    '{"Effect":"Allow","Action":"rds-db:connect","Resource":"arn:aws:rds-db:eu-west-1:123456789012:dbuser:cluster-X/bob"}',
  )
  const policy = JSON.parse(`{"Version":"2012-10-17","Statement":[${policyJson(startSessionStatements())}]}`) as {
    Statement: unknown[]
  }
  expect(policy.Statement).toHaveLength(2)
})
