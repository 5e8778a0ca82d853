import {once} from 'node:events'
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {join} from 'node:path'
import type {ErrorCode} from '../../../src/core/errors.js'
import {MACHINE, VPC} from '../../sandbox/account.js'
import {byHand, command, type Mend, option, policy, variable} from './mends.js'
import {
  become,
  clusterOf,
  databaseOf,
  groupOf,
  hostOf,
  KEYS,
  profiles,
  unset,
  type World,
  type Writable,
} from './world.js'

export interface Fault {
  readonly title: string
  /** The first that fails, and how. */
  /** Its id. */
  readonly hop: string
  readonly code: ErrorCode
  readonly break: (world: World) => void | Promise<void>
  readonly mend: Mend
}

const MINUTES = 60_000

/** Nobody may do this. */
function without(permission: string): Fault['break'] {
  return (world) => become(world, `without-${permission}`)
}

const mode =
  (kind: Parameters<World['sandbox']['database']['setMode']>[1]): Fault['break'] =>
  (world) =>
    world.sandbox.database.setMode(hostOf(world, 'prod-db'), kind)
const honest = mode('honest')

function writeConfig({env}: World, text: string): void {
  const folder = join(env['HOME'] ?? '', '.config', 'dbtunnel')
  mkdirSync(folder, {recursive: true})
  writeFileSync(join(folder, 'config.yaml'), text)
}

const databaseGroup = (world: World) => groupOf(world, databaseOf(world, 'prod-db').securityGroupIds[0] ?? '')
const bastionGroup = (world: World) => groupOf(world, world.bastion.securityGroupIds[0] ?? '')

/** Ways to be broken, a hop after the other. */
export const FAULTS: readonly Fault[] = [
  {
    title: 'psql is not installed',
    hop: 'psql',
    code: 'CLIENT_MISSING',
    break: ({env, folder}) => void (env['PATH'] = folder),
    mend: byHand(/install/i, ({env, sandbox}) => void (env['PATH'] = sandbox.env()['PATH'] ?? '')),
  },
  {
    title: 'psql cannot be run',
    hop: 'psql',
    code: 'CLIENT_UNRUNNABLE',
    break({env, folder}) {
      writeFileSync(join(folder, 'psql'), '#!/nowhere/sh\n')
      chmodSync(join(folder, 'psql'), 0o755)
      env['PATH'] = `${folder}:${env['PATH']}`
    },
    mend: byHand(/ls -ld? \S+\/psql$/, ({folder}) => chmodSync(join(folder, 'psql'), 0o644)),
  },
  {
    title: 'a variable that says nothing',
    hop: 'config',
    code: 'VALUE_INVALID',
    break: ({env}) => void (env['DBTUNNEL_RESOLVE'] = 'the big one'),
    mend: variable,
  },
  {
    title: 'a lower sslmode',
    hop: 'config',
    code: 'VALUE_INVALID',
    break: ({env}) => void (env['DBTUNNEL_SSLMODE'] = 'require'),
    mend: byHand(/verify-full/, ({env}) => void (env['DBTUNNEL_SSLMODE'] = 'verify-full')),
  },
  {
    title: 'a profile that is not there',
    hop: 'credentials',
    code: 'CONFIG_INVALID',
    break(world) {
      Object.assign(world.env, profiles(world, 'production', 'test'))
      world.flags.profile = 'prodution'
    },
    mend: option,
  },
  {
    title: 'a target that cannot be one',
    hop: 'config',
    code: 'TARGET_INVALID',
    break: (world) => void (world.target = 'prod db'),
    mend: byHand(/\(prod-db\)/, (world) => void (world.target = 'prod-db')),
  },
  {
    title: 'a line of the config file that says nothing',
    hop: 'config',
    code: 'CONFIG_INVALID',
    break: (world) => writeConfig(world, 'targets:\n  prod-db:\n    databse: shop\n'),
    mend: ({detail, hint = ''}, world) => {
      const [, file, number] = /(\S+config\.yaml):(\d+)/.exec(detail) ?? []
      const key = /Did you mean "?(\w+)/.exec(`${detail} ${hint}`)?.[1]
      if (!file || !key) throw new Error(`${detail} ${hint}`)
      const lines = readFileSync(file, 'utf8').split('\n')
      lines[Number(number) - 1] = `    ${key}: shop`
      writeConfig(world, lines.join('\n'))
    },
  },
  {
    title: 'no region',
    hop: 'region',
    code: 'REGION_MISSING',
    break: ({env}) => unset(env, 'AWS_REGION'),
    mend: option,
  },
  {
    title: 'a plugin that is not where it was said to be',
    hop: 'plugin',
    code: 'PLUGIN_UNUSABLE',
    break: ({env}) => void (env['DBTUNNEL_PLUGIN'] = '/nowhere/plugin'),
    mend: option,
  },
  {
    title: 'the local port is taken',
    hop: 'port',
    code: 'PORT_IN_USE',
    async break({flags, cleanUp}) {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      cleanUp.push(() => void server.close())
      flags['local-port'] = String((server.address() as {port: number}).port)
    },
    mend: byHand(/--local-port PORT/, ({flags}) => void delete flags['local-port']),
  },
  {
    title: 'no place for private files',
    hop: 'folder',
    code: 'FILES_UNWRITABLE',
    break: ({env, folder}) => void (env['TMPDIR'] = join(folder, 'gone')),
    mend: byHand(/TMPDIR/, ({folder}) => void mkdirSync(join(folder, 'gone'), {mode: 0o700})),
  },
  {
    title: 'a hosts file that is not there, and must be used',
    hop: 'hosts',
    code: 'HOSTS_UNWRITABLE',
    break(world) {
      world.flags.resolve = 'hosts'
      world.hostsPath = join(world.folder, 'gone')
    },
    mend: option,
  },
  {
    title: 'credentials of nobody',
    hop: 'credentials',
    code: 'CREDENTIALS_MISSING',
    break(world) {
      unset(world.env, ...KEYS)
      Object.assign(world.env, profiles(world, 'work'))
    },
    mend: option,
  },
  {
    title: 'expired credentials',
    hop: 'credentials',
    code: 'CREDENTIALS_EXPIRED',
    break: (world) => become(world, 'expired'),
    mend: command,
  },
  {
    title: 'a wrong secret key',
    hop: 'credentials',
    code: 'CREDENTIALS_INVALID',
    break: ({env}) => void (env['AWS_SECRET_ACCESS_KEY'] = 'x'.repeat(40)),
    mend: byHand(/Check the keys of AWS_ACCESS_KEY_ID/, (world) => become(world, 'alice')),
  },
  {
    title: 'AWS is out of reach',
    hop: 'credentials',
    code: 'AWS_UNREACHABLE',
    break: ({env}) => void (env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9'),
    mend: byHand(/network|AWS_ENDPOINT_URL|proxy/i, (world) => become(world, 'alice')),
  },
  {
    title: 'a clock that is slow',
    hop: 'clock',
    code: 'CREDENTIALS_INVALID',
    break: ({sandbox}) => sandbox.clock.advance(20 * MINUTES),
    mend: byHand(/timedatectl set-ntp true/, ({sandbox}) => sandbox.clock.advance(-20 * MINUTES)),
  },
  {
    title: 'a name that is mistyped',
    hop: 'database',
    code: 'TARGET_UNKNOWN',
    break: (world) => void (world.target = 'prd-db'),
    mend: ({hint = ''}, world) => void (world.target = /Did you mean (\S+)\?/.exec(hint)?.[1]),
  },
  {
    title: 'a database of another kind',
    hop: 'database',
    code: 'ENGINE_UNSUPPORTED',
    break: (world) => void (world.target = 'erp-oracle'),
    mend: byHand(/PostgreSQL/, (world) => void (world.target = 'prod-db')),
  },
  {
    title: 'no permission to look at databases',
    hop: 'database',
    code: 'ACCESS_DENIED',
    break: without('rds:DescribeDBInstances'),
    mend: policy,
  },
  {
    title: 'a stopped database',
    hop: 'available',
    code: 'DATABASE_UNAVAILABLE',
    break: (world) => void (databaseOf(world, 'prod-db').status = 'stopped'),
    mend: command,
  },
  {
    title: 'a database that is starting',
    hop: 'available',
    code: 'DATABASE_UNAVAILABLE',
    break: (world) => void (databaseOf(world, 'prod-db').status = 'starting'),
    mend: command,
  },
  {
    title: 'a stopped cluster',
    hop: 'available',
    code: 'DATABASE_UNAVAILABLE',
    break(world) {
      world.target = 'orders'
      const cluster = clusterOf(world, 'orders')
      for (const one of [cluster, ...cluster.members.map(({instanceId}) => databaseOf(world, instanceId))])
        one.status = 'stopped'
    },
    mend: command,
  },
  {
    title: 'IAM login is off',
    hop: 'iam-login',
    code: 'IAM_LOGIN_OFF',
    break: (world) => void (databaseOf(world, 'prod-db').iamLogin = false),
    mend: command,
  },
  {
    title: 'IAM login is off, for a cluster',
    hop: 'iam-login',
    code: 'IAM_LOGIN_OFF',
    break(world) {
      world.target = 'orders:reader'
      clusterOf(world, 'orders').iamLogin = false
    },
    mend: command,
  },
  {
    title: 'a CA file that is not there',
    hop: 'authorities',
    code: 'CONFIG_INVALID',
    break: ({env, folder}) => void (env['DBTUNNEL_CA_BUNDLE'] = join(folder, 'ca.pem')),
    mend: byHand(/ls -l \S+\/ca\.pem$/, ({env, sandbox}) =>
      writeFileSync(env['DBTUNNEL_CA_BUNDLE'] ?? '', readFileSync(sandbox.database.caFile)),
    ),
  },
  {
    title: 'a CA file with no certificate in it',
    hop: 'authorities',
    code: 'CONFIG_INVALID',
    break({env, folder}) {
      env['DBTUNNEL_CA_BUNDLE'] = join(folder, 'ca.pem')
      writeFileSync(env['DBTUNNEL_CA_BUNDLE'], 'MIIB')
    },
    mend: byHand(/-----BEGIN CERTIFICATE-----/, ({env, sandbox}) =>
      writeFileSync(env['DBTUNNEL_CA_BUNDLE'] ?? '', readFileSync(sandbox.database.caFile)),
    ),
  },
  {
    title: 'a line of someone else’s in the hosts file',
    hop: 'name',
    code: 'HOSTS_CONFLICT',
    break(world) {
      writeFileSync(world.hostsPath, `127.0.0.1 localhost\n10.9.8.7 ${hostOf(world, 'prod-db')}\n`)
    },
    mend({detail, hint = ''}, {hostsPath}) {
      const [, number, path] = /^Line (\d+) of (\S+) maps/.exec(detail) ?? []
      if (path !== hostsPath || !hint.startsWith('Remove that line')) throw new Error(`${detail} ${hint}`)
      const lines = readFileSync(hostsPath, 'utf8').split('\n')
      lines.splice(Number(number) - 1, 1)
      writeFileSync(hostsPath, lines.join('\n'))
    },
  },
  {
    title: 'no permission to look at instances',
    hop: 'bastion',
    code: 'ACCESS_DENIED',
    break: without('ec2:DescribeInstances'),
    mend: policy,
  },
  {
    title: 'no instance is marked as a bastion',
    hop: 'bastion',
    code: 'BASTION_NONE',
    break({bastion, cleanUp}) {
      const {tags} = bastion
      bastion.tags = {Name: 'gateway'}
      cleanUp.push(() => void (bastion.tags = tags))
    },
    mend: command,
  },
  {
    title: 'the bastion is stopped',
    hop: 'bastion',
    code: 'BASTION_NONE',
    break: ({sandbox}) => sandbox.stopMachine(MACHINE.bastionA, 'shut down'),
    mend: command,
  },
  {
    title: 'the bastion is in another VPC',
    hop: 'bastion',
    code: 'BASTION_NONE',
    break({bastion, cleanUp}) {
      bastion.vpcId = VPC.staging
      cleanUp.push(() => void (bastion.vpcId = VPC.prod))
    },
    mend: command,
  },
  {
    title: 'no permission to look at agents',
    hop: 'agent',
    code: 'ACCESS_DENIED',
    break: without('ssm:DescribeInstanceInformation'),
    mend: policy,
  },
  {
    title: 'the agent has lost its connection',
    hop: 'agent',
    code: 'BASTION_NONE',
    break: ({node}) => void Object.assign(node, {ping: 'ConnectionLost', connected: false}),
    mend: command,
  },
  {
    title: 'the agent is too old',
    hop: 'agent',
    code: 'BASTION_NONE',
    break: ({node}) => void (node.agentVersion = '3.1.1260.0'),
    mend: command,
  },
  {
    title: 'the agent is not registered',
    hop: 'agent',
    code: 'BASTION_NONE',
    break({sandbox: {account}, node}) {
      account.nodes.splice(account.nodes.indexOf(node), 1)
    },
    mend: command,
  },
  {
    title: 'no permission to start sessions',
    hop: 'session',
    code: 'ACCESS_DENIED',
    break: without('ssm:StartSession'),
    mend: policy,
  },
  {
    title: 'no permission for the document',
    hop: 'session',
    code: 'ACCESS_DENIED',
    break: without('document'),
    mend: policy,
  },
  {
    title: 'no permission for the instance',
    hop: 'session',
    code: 'ACCESS_DENIED',
    break: without('instance'),
    mend: policy,
  },
  {
    title: 'no permission to open the data channel',
    hop: 'session',
    code: 'ACCESS_DENIED',
    // A session-manager-plugin before 1.2.764 signs nothing, and so asks for no permission.
    break: async (world) => {
      world.env['DBTUNNEL_ENGINE'] = 'native'
      await without('ssmmessages:OpenDataChannel')(world)
    },
    mend: policy,
  },
  {
    title: 'the agent is gone, and the inventory does not know yet',
    hop: 'session',
    code: 'BASTION_NONE',
    break: ({node}) => void (node.connected = false),
    mend: byHand(/Check that the SSM agent runs there/, ({node}) => void (node.connected = true)),
  },
  {
    title: 'the database’s security group does not let the bastion in',
    hop: 'security-groups',
    code: 'DATABASE_UNREACHABLE',
    break: (world) => void (databaseGroup(world).ingress = []),
    mend: command,
  },
  {
    title: 'the bastion’s security group does not let it out',
    hop: 'security-groups',
    code: 'DATABASE_UNREACHABLE',
    break: (world) => void (bastionGroup(world).egressPorts = [443]),
    mend: command,
  },
  {
    title: 'something else keeps the bastion out',
    hop: 'tunnel',
    code: 'DATABASE_UNREACHABLE',
    break: mode('closing'),
    mend: byHand(/The security groups let it through\. Look at the network ACLs/, honest),
  },
  {
    title: 'the database says nothing',
    hop: 'tunnel',
    code: 'TIMEOUT',
    async break(world) {
      world.flags.timeout = '2s'
      await mode('silent')(world)
    },
    mend: byHand(/network ACLs/, honest),
  },
  {
    title: 'an authority that is not known here',
    hop: 'certificate',
    code: 'TLS_IDENTITY',
    break: ({env}) => unset(env, 'DBTUNNEL_CA_BUNDLE'),
    mend: byHand(/--ca-bundle FILE/, ({flags, sandbox}) => void (flags['ca-bundle'] = sandbox.database.caFile)),
  },
  {
    title: 'a certificate that has ended',
    hop: 'certificate',
    code: 'TLS_IDENTITY',
    break: mode('expired'),
    mend: byHand(/No password was sent/, honest),
  },
  {
    title: 'a database without TLS',
    hop: 'certificate',
    code: 'PROTOCOL',
    break: mode('no-tls'),
    mend: byHand(/no password unencrypted/, honest),
  },
  {
    title: 'a user without the role',
    hop: 'rds-iam',
    code: 'LOGIN_REFUSED',
    break: ({flags}) => void (flags.user = 'password_only'),
    async mend({hint = ''}, world) {
      const sql = hint.split('\n').find((line) => line.startsWith('GRANT')) ?? ''
      await world.sandbox.database.query(sql)
      // What PostgreSQL knows now, for what stands in for RDS's PAM.
      const user = databaseOf(world, 'prod-db').users.find(({name}) => name === 'password_only') as Writable<{
        rdsIam: boolean
      }>
      const [[isMember]] = (await world.sandbox.database.query(
        "select pg_has_role('password_only', 'rds_iam', 'member')::int",
      )) as [[string]]
      user.rdsIam = isMember === '1'
    },
  },
  {
    title: 'no permission to log in',
    hop: 'login',
    code: 'LOGIN_REFUSED',
    break: without('rds-db:connect'),
    mend: policy,
  },
  {
    title: 'someone else’s user',
    hop: 'login',
    code: 'LOGIN_REFUSED',
    break: ({flags}) => void (flags.user = 'bob'),
    mend: ({hint = ''}, {flags}) => void (flags.user = /-U (\S+)/.exec(hint)?.[1]),
  },
  {
    title: 'a database in it that is not there',
    hop: 'login',
    code: 'LOGIN_REFUSED',
    break: ({flags}) => void (flags.database = 'shpo'),
    mend: ({hint = ''}, {flags}) => void (flags.database = /-d (\S+)/.exec(hint)?.[1]),
  },
]
