import {describe, expect, it} from 'vitest'
import {PERMISSIONS} from '../sandbox/account.js'
import {type Sandbox} from '../sandbox/sandbox.js'
import {run} from '../support/dbtunnel.js'
import {sandboxOfFile} from '../support/sandbox-of-file.js'

// Every single action is denied in turn: the run does without it, or names it.
let sandbox: Sandbox
sandboxOfFile((started) => (sandbox = started))

/** The two halves of what StartSession is allowed on. */
const ACTIONS: Readonly<Record<string, string>> = {document: 'ssm:StartSession', instance: 'ssm:StartSession'}
const TUNNEL = [
  'ec2:DescribeInstances',
  'ssm:DescribeInstanceInformation',
  'ssm:StartSession',
  'document',
  'instance',
  'ssmmessages:OpenDataChannel',
  'rds-db:connect',
]

/** What each cannot do without. */
const NEEDED: readonly (readonly [title: string, words: readonly string[], needed: readonly string[]])[] = [
  ['token, an instance', ['token', 'prod-db'], ['rds:DescribeDBInstances']],
  ['token, a cluster', ['token', 'orders'], ['rds:DescribeDBInstances', 'rds:DescribeDBClusters']],
  ['psql, an instance', ['psql', 'prod-db', '-Atc', 'select 1'], ['rds:DescribeDBInstances', ...TUNNEL]],
  [
    'psql, a reader',
    ['psql', 'orders:reader', '-Atc', 'select 1'],
    ['rds:DescribeDBInstances', 'rds:DescribeDBClusters', ...TUNNEL],
  ],
  // It lists what it may see, and says what is missing.
  ['list', ['list'], []],
]

describe.concurrent.each(NEEDED)('%s', (_, words, needed) => {
  it.each(PERMISSIONS)('without %s', async (permission) => {
    const env = {...sandbox.env(`without-${permission}`), DBTUNNEL_RESOLVE: 'hostaddr', DBTUNNEL_ENGINE: 'native'}
    const {status, stderr} = await run(words, {env})
    const isNamed = stderr.includes(ACTIONS[permission] ?? permission)
    expect({isDone: status === 0, isNamed: status === 0 || isNamed}).toEqual({
      isDone: !needed.includes(permission),
      isNamed: true,
    })
  })
})
