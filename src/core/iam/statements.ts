import {partitionOf} from '../partitions.js'

// Every IAM statement that dbtunnel prints, in errors and in the guide.

/** The document that dbtunnel's sessions use. */
export const SESSION_DOCUMENT = 'AWS-StartPortForwardingSessionToRemoteHost'

export interface PolicyStatement {
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Where a statement is to hold. What is not known becomes `*`. */
export interface PolicyScope {
  readonly region?: string | undefined
  readonly account?: string | undefined
  /** The tag that marks bastions; by default any value of `dbtunnel:bastion`. */
  readonly bastionTag?: {readonly key: string; readonly value: string} | undefined
}

/** Without this condition the same statement also opens a shell on the bastion: SSM takes a missing document for its shell. */
const DOCUMENT_CHECK = {BoolIfExists: {'ssm:SessionDocumentAccessCheck': 'true'}}

/** Two statements, for a tag condition never holds for a document. */
export function startSessionStatements(scope: PolicyScope = {}): readonly PolicyStatement[] {
  const {region = '*', account = '*'} = scope
  const {key, value} = scope.bastionTag ?? {key: 'dbtunnel:bastion', value: '*'}
  const aws = partition(scope.region)
  return [
    {
      Effect: 'Allow',
      Action: ['ssm:StartSession'],
      Resource: [`arn:${aws}:ssm:${region}::document/${SESSION_DOCUMENT}`],
      Condition: DOCUMENT_CHECK,
    },
    {
      Effect: 'Allow',
      Action: ['ssm:StartSession'],
      Resource: [
        `arn:${aws}:ec2:${region}:${account}:instance/*`,
        `arn:${aws}:ssm:${region}:${account}:managed-instance/*`,
      ],
      Condition: {...DOCUMENT_CHECK, StringLike: {[`ssm:resourceTag/${key}`]: value}},
    },
  ]
}

/**
 * Resuming and ending one's own sessions, and opening their data channel. Session Manager tags a session with its
 * owner's `aws:userid`; a role's session ids do not begin with it, so that an ARN alone would match none of them
 * (AWS user guide, getting-started-restrict-access-examples).
 */
export function ownSessionStatements(scope: PolicyScope = {}): readonly PolicyStatement[] {
  const {region = '*', account = '*'} = scope
  const sessions = `arn:${partition(scope.region)}:ssm:${region}:${account}:session/`
  return [
    {
      Effect: 'Allow',
      Action: ['ssm:ResumeSession', 'ssm:TerminateSession'],
      Resource: [`${sessions}*`],
      Condition: {StringLike: {'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}'}},
    },
    {Effect: 'Allow', Action: ['ssmmessages:OpenDataChannel'], Resource: [`${sessions}\${aws:userid}-*`]},
  ]
}

export function describeStatement(): PolicyStatement {
  return {
    Effect: 'Allow',
    Action: [
      'rds:DescribeDBInstances',
      'rds:DescribeDBClusters',
      'rds:DescribeDBClusterEndpoints',
      'ec2:DescribeInstances',
      'ssm:DescribeInstanceInformation',
    ],
    Resource: ['*'],
  }
}

/** What `dbtunnel doctor` would look at, too: nothing else needs it. */
export function doctorStatement(): PolicyStatement {
  return {Effect: 'Allow', Action: ['ec2:DescribeSecurityGroups'], Resource: ['*']}
}

/** Finding the region in which a global database writes: nothing else needs it. */
export function globalDatabaseStatement(): PolicyStatement {
  return {Effect: 'Allow', Action: ['rds:DescribeGlobalClusters'], Resource: ['*']}
}

/** Finding a session that was granted to a dbtunnel in the moment of its death: nothing else needs it. */
export function sweepStatement(): PolicyStatement {
  return {Effect: 'Allow', Action: ['ssm:DescribeSessions'], Resource: ['*']}
}

/** What a name may hold that stands for itself in a policy: a `*` would let in everyone. Those of sessions do not hold more. */
const PLAIN_USER = /^[\w+=,.@-]+$/

/**
 * Logging in to one database as one user. The prefix is `rds-db:`; `rds:connect` grants nothing. A user whose name means
 * more than itself must be filled in.
 */
export function loginStatement(login: {
  readonly region: string
  readonly account?: string | undefined
  readonly resourceId?: string | undefined
  readonly user: string
}): PolicyStatement {
  const {region, account = '*', resourceId = '*', user} = login
  return {
    Effect: 'Allow',
    Action: ['rds-db:connect'],
    Resource: [
      `arn:${partitionOf(region).id}:rds-db:${region}:${account}:dbuser:${resourceId}/${PLAIN_USER.test(user) ? user : 'USER'}`,
    ],
  }
}

/** The statements that grant an API action, such as `ssm:StartSession`; empty for one that dbtunnel does not use. */
export function statementsFor(action: string, scope: PolicyScope = {}): readonly PolicyStatement[] {
  const optional = [doctorStatement(), globalDatabaseStatement(), sweepStatement()]
  const all = [...startSessionStatements(scope), ...ownSessionStatements(scope), describeStatement(), ...optional]
  return all.filter((statement) => statement.Action.includes(action))
}

/** Statements as they stand in a policy, each on one line; an action or resource alone without its brackets. */
export function policyJson(statements: readonly PolicyStatement[]): string {
  const alone = (list: readonly string[]): string | readonly string[] =>
    list.length === 1 ? (list[0] as string) : list
  return statements
    .map((one) => JSON.stringify({...one, Action: alone(one.Action), Resource: alone(one.Resource)}))
    .join(',\n')
}

function partition(region: string | undefined): string {
  return region === undefined ? 'aws' : partitionOf(region).id
}
