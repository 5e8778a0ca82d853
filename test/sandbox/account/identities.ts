import {type Identity} from '../aws/model.js'
import {type Policy, type Statement} from '../aws/policy.js'
import {capitalsOf, REGION} from './names.js'

const HOUR = 60 * 60_000
const DOCUMENT = 'AWS-StartPortForwardingSessionToRemoteHost'
const CHECK = {BoolIfExists: {'ssm:SessionDocumentAccessCheck': 'true'}}
const OWN = {StringEquals: {'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}'}}

/** One action each, on what dbtunnel's policy allows it. */
function statements(account: string): readonly (Statement & {readonly Sid: string; readonly Action: string})[] {
  const allow = (Sid: string, Action: string, Resource: string, Condition?: Statement['Condition']) =>
    ({Sid, Effect: 'Allow', Action, Resource, Condition}) as const
  const sessions = `arn:aws:ssm:${REGION}:${account}:session/*`
  const node = {...CHECK, StringLike: {'ssm:resourceTag/dbtunnel:bastion': '*'}}
  return [
    allow('rds:DescribeDBInstances', 'rds:DescribeDBInstances', '*'),
    allow('rds:DescribeDBClusters', 'rds:DescribeDBClusters', '*'),
    allow('rds:DescribeDBClusterEndpoints', 'rds:DescribeDBClusterEndpoints', '*'),
    allow('rds:DescribeGlobalClusters', 'rds:DescribeGlobalClusters', '*'),
    allow('ec2:DescribeInstances', 'ec2:DescribeInstances', '*'),
    allow('ec2:DescribeSecurityGroups', 'ec2:DescribeSecurityGroups', '*'),
    allow('ssm:DescribeInstanceInformation', 'ssm:DescribeInstanceInformation', '*'),
    allow('document', 'ssm:StartSession', `arn:aws:ssm:${REGION}::document/${DOCUMENT}`, CHECK),
    allow('instance', 'ssm:StartSession', `arn:aws:ec2:${REGION}:${account}:instance/*`, node),
    allow('node', 'ssm:StartSession', `arn:aws:ssm:${REGION}:${account}:managed-instance/*`, node),
    // An assumed role's session ids begin with its session name, so `session/${aws:userid}-*` would match none of them;
    // the tag that Session Manager puts on each session holds its owner's `aws:userid`, whoever it is.
    allow('ssm:ResumeSession', 'ssm:ResumeSession', sessions, OWN),
    allow('ssm:TerminateSession', 'ssm:TerminateSession', sessions, OWN),
    allow('ssm:DescribeSessions', 'ssm:DescribeSessions', '*'),
    allow('ssmmessages:OpenDataChannel', 'ssmmessages:OpenDataChannel', sessions.replace('*', '${aws:userid}-*')),
    allow(
      'rds-db:connect',
      'rds-db:connect',
      `arn:aws:rds-db:${REGION}:${account}:dbuser:*/\${aws:PrincipalTag/username}`,
    ),
    allow('service', 'rds-db:connect', `arn:aws:rds-db:${REGION}:${account}:dbuser:*/reporting`),
    allow('no-role', 'rds-db:connect', `arn:aws:rds-db:${REGION}:${account}:dbuser:*/password_only`),
  ]
}

/** The policy that dbtunnel needs, without the statements of these ids or actions. */
export function engineerPolicy(account: string, without: readonly string[] = []): Policy {
  const kept = statements(account).filter(({Sid, Action}) => !without.includes(Sid) && !without.includes(Action))
  return {Version: '2012-10-17', Statement: kept}
}

export const EVERYTHING: Policy = {Version: '2012-10-17', Statement: [{Effect: 'Allow', Action: '*', Resource: '*'}]}

/** As the engineer's, but without the condition: then StartSession without a document opens a shell on the bastion. */
function uncheckedPolicy(account: string): Policy {
  const policy = engineerPolicy(account)
  const Statement = policy.Statement.map((statement) => {
    const {BoolIfExists: _, ...Condition} = statement.Condition ?? {}
    return {...statement, Condition}
  })
  return {...policy, Statement}
}

/** Each action that dbtunnel needs permission for, and the two halves of StartSession. */
export const PERMISSIONS = [
  'rds:DescribeDBInstances',
  'rds:DescribeDBClusters',
  'rds:DescribeDBClusterEndpoints',
  'rds:DescribeGlobalClusters',
  'ec2:DescribeInstances',
  'ec2:DescribeSecurityGroups',
  'ssm:DescribeInstanceInformation',
  'ssm:StartSession',
  'document',
  'instance',
  'ssm:ResumeSession',
  'ssm:TerminateSession',
  'ssm:DescribeSessions',
  'ssmmessages:OpenDataChannel',
  'rds-db:connect',
] as const

/** A person in an assumed role; the session's name is the database user's. */
export function roleSession(
  name: string,
  roleName: string,
  policies: readonly Policy[],
  sessionName = 'alice',
): Identity {
  const uniqueId = capitalsOf('AROA', roleName, 17)
  const principalTags = {username: sessionName}
  return {name, kind: 'assumed-role', roleName, sessionName, uniqueId, policies, principalTags}
}

/**
 * `alice` (temporary keys of the role Engineer), `bob` (an IAM user with lasting keys), `carol` (Identity Center, an
 * address as session name), `admin`, `expired`, `unchecked`, and `without-PERMISSION` for each permission.
 */
export function identities(account: string): Identity[] {
  const full = [engineerPolicy(account)]
  return [
    roleSession('alice', 'Engineer', full),
    {
      name: 'bob',
      kind: 'user',
      sessionName: 'bob',
      uniqueId: capitalsOf('AIDA', 'bob', 17),
      policies: full,
      principalTags: {username: 'bob'},
    },
    roleSession('carol', 'AWSReservedSSO_Engineer_0a1b2c3d4e5f6071', full, 'carol@example.com'),
    roleSession('admin', 'Administrator', [EVERYTHING]),
    {...roleSession('expired', 'Engineer', full), keyLifetimeMs: -HOUR},
    roleSession('unchecked', 'Unchecked', [uncheckedPolicy(account)]),
    ...PERMISSIONS.map((permission) =>
      roleSession(`without-${permission}`, `Without-${permission.replace(':', '-')}`, [
        engineerPolicy(account, [permission]),
      ]),
    ),
  ]
}
