import type {HopResult} from '../../../src/core/results/checkup.js'
import {type Policy, type Statement} from '../../sandbox/aws.js'
import {become, clusterOf, databaseOf, found, groupOf, identityOf, type World, type Writable} from './world.js'

export type Mend = (said: HopResult, world: World) => void | Promise<void>

/** What the AWS CLI's commands do to an account; each pattern's groups are handed on. */
const COMMANDS: readonly [RegExp, (world: World, ...words: readonly string[]) => void][] = [
  [
    /^aws rds start-db-instance --db-instance-identifier (\S+)/,
    (world, id) => void (databaseOf(world, id).status = 'available'),
  ],
  [
    /^aws rds start-db-cluster --db-cluster-identifier (\S+)/,
    (world, id) => {
      const cluster = clusterOf(world, id)
      cluster.status = 'available'
      for (const {instanceId} of cluster.members) databaseOf(world, instanceId).status = 'available'
    },
  ],
  [
    /^aws rds wait db-instance-available --db-instance-identifier (\S+)/,
    (world, id) => void (databaseOf(world, id).status = 'available'),
  ],
  [
    /^aws rds modify-db-instance --db-instance-identifier (\S+) --enable-iam-database-authentication --apply-immediately/,
    (world, id) => void (databaseOf(world, id).iamLogin = true),
  ],
  [
    /^aws rds modify-db-cluster --db-cluster-identifier (\S+) --enable-iam-database-authentication --apply-immediately/,
    (world, id) => void (clusterOf(world, id).iamLogin = true),
  ],
  [/^aws ec2 (?:start|reboot)-instances --instance-ids (\S+)/, (world, id) => world.sandbox.startMachine(id)],
  [
    /^aws ec2 create-tags --resources i-… --tags Key=(\S+),Value=(\S+)/,
    (world, key, value) => {
      const web = world.sandbox.account.instances.find(({tags}) => tags['Name'] === 'web-01') as Writable<{
        tags: object
      }>
      const {tags} = web
      web.tags = {...tags, [key]: value}
      world.cleanUp.push(() => void (web.tags = tags))
    },
  ],
  [
    /^aws ssm send-command --document-name AWS-UpdateSSMAgent --instance-ids (\S+)/,
    (world, id) =>
      void ((found(world.sandbox.account.nodes, id) as Writable<{agentVersion: string}>).agentVersion = '3.3.3050.0'),
  ],
  [
    /^aws iam attach-role-policy --role-name ITS_ROLE --policy-arn arn:aws:iam::aws:policy\/AmazonSSMManagedInstanceCore/,
    (world) => void world.sandbox.account.nodes.push(world.node),
  ],
  [
    /^aws ec2 authorize-security-group-ingress --group-id (\S+) --protocol tcp --port (\d+) --source-group (\S+)/,
    (world, id, port, source) => {
      const group = groupOf(world, id)
      group.ingress = [...group.ingress, {port: Number(port), fromGroups: [source]}]
    },
  ],
  [
    /^aws ec2 authorize-security-group-egress --group-id (\S+) --ip-permissions IpProtocol='tcp,FromPort=(\d+),ToPort=\2,UserIdGroupPairs=\[\{GroupId=(\S+)\}\]'/,
    (world, id, port) => {
      const group = groupOf(world, id)
      group.egressPorts = [...(group.egressPorts ?? []), Number(port)]
    },
  ],
  [/^aws configure export-credentials/, (world) => become(world, 'alice')],
]

/** Types the command in the hint. */
export const command: Mend = ({hint = ''}, world) => {
  for (const [pattern, apply] of COMMANDS) {
    const line = hint.split('\n').find((one) => one.includes('aws '))
    const words = pattern.exec(line?.slice(line.indexOf('aws ')) ?? '')
    if (words) return apply(world, ...words.slice(1))
  }
  throw new Error(`no command that is known here: ${hint}`)
}

/** Puts the statements in the hint, as they stand there, into the policy of whoever asks. */
export const policy: Mend = ({hint = ''}, world) => {
  const lines = hint.split('\n').filter((line) => line.startsWith('{'))
  const Statement = JSON.parse(`[${lines.join('\n')}]`) as Statement[]
  const added: Policy = {Version: '2012-10-17', Statement}
  if (Statement.length === 0) throw new Error(`no statement: ${hint}`)
  const identity = identityOf(world)
  identity.policies = [...identity.policies, added]
}

/** Gives the option that the hint names, with its value. */
export const option: Mend = ({hint = ''}, world) => {
  const [, name = '', value = ''] = /--([a-z-]+) ([\w./:-]+)/.exec(hint) ?? []
  if (value === '') throw new Error(`no option: ${hint}`)
  Object.assign(world.flags, {[name]: value.replace(/\.$/, '')})
}

/** Takes out the variable that was refused. */
export const variable: Mend = ({detail}, world) => {
  const name = /DBTUNNEL_[A-Z_]+/.exec(detail)?.[0]
  if (name === undefined) throw new Error(`no variable: ${detail}`)
  delete world.env[name]
}

/** Does by hand what the hint (or the detail, where it says it all) asks for in words. */
export function byHand(words: RegExp, act: (world: World) => void | Promise<void>): Mend {
  return ({hint, detail}, world) => {
    if (!words.test(hint ?? detail)) throw new Error(`not what it should say: ${hint ?? detail}`)
    return act(world)
  }
}
