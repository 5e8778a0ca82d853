import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, expect, it} from 'vitest'
import type {HopResult} from '../../src/core/results/checkup.js'
import type {Sandbox} from '../sandbox/sandbox.js'
import {type Ended, ROOT, run} from '../support/dbtunnel.js'
import {FAULTS} from './doctor/faults.js'
import {openWorld, startDoctorSandbox, type World} from './doctor/world.js'

let sandbox: Sandbox
let world: World

beforeAll(async () => {
  sandbox = await startDoctorSandbox()
})
afterAll(() => sandbox.close())
afterEach(async () => {
  for (const step of world.cleanUp.splice(0).reverse()) await step()
})

/** What docs/guide/set-up.md asks for, by its step; and the line there that a person who did not read it is told all the same. */
const ASKED: readonly (readonly [step: string, fault: string, line: string | undefined])[] = [
  ['1. Your machine', 'psql is not installed', 'sudo apt-get install postgresql-client'],
  ['1. Your machine', 'credentials of nobody', undefined],
  ['1. Your machine', 'expired credentials', undefined],
  ['1. Your machine', 'no region', undefined],
  ['2. A bastion', 'the agent is too old', '3.1.1374.0'],
  ['2. A bastion', 'the agent is not registered', 'AmazonSSMManagedInstanceCore'],
  ['2. A bastion', 'no instance is marked as a bastion', '--tags Key=dbtunnel:bastion,Value=yes'],
  ['3. The database', 'the database’s security group does not let the bastion in', undefined],
  ['3. The database', 'IAM login is off', '--enable-iam-database-authentication --apply-immediately'],
  ['3. The database', 'a user without the role', 'GRANT rds_iam TO'],
  ['4. Your AWS role', 'no permission for the document', 'document/AWS-StartPortForwardingSessionToRemoteHost'],
  ['4. Your AWS role', 'no permission for the instance', '"ssm:resourceTag/dbtunnel:bastion"'],
  ['4. Your AWS role', 'no permission to open the data channel', 'ssmmessages:OpenDataChannel'],
  ['4. Your AWS role', 'no permission to look at databases', 'rds:DescribeDBInstances'],
  ['4. Your AWS role', 'no permission to look at instances', 'ec2:DescribeInstances'],
  ['4. Your AWS role', 'no permission to look at agents', 'ssm:DescribeInstanceInformation'],
  ['4. Your AWS role', 'no permission to log in', 'rds-db:connect'],
]

const GUIDE = readFileSync(join(ROOT, 'docs/guide/set-up.md'), 'utf8')

it.each(ASKED)('%s, but: %s', async (step, title, line) => {
  world = openWorld(sandbox)
  const fault = FAULTS.find((one) => one.title === title)
  if (!fault) throw new Error(`no such fault: ${title}`)
  await fault.break(world)
  const broken = await psql()
  expect(broken.stdout).toBe('')
  expect(broken.status).not.toBe(0)
  const said = told(broken)
  await fault.mend(said, world)
  expect(await psql()).toMatchObject({status: 0, stdout: '1\n'})
  if (line === undefined) return
  expect(sectionOf(step)).toContain(line)
  expect(broken.stderr).toContain(line)
})

/** Step 5. */
function psql(): Promise<Ended> {
  const flags = Object.entries(world.flags).flatMap(([name, value]) => [`--${name}`, String(value ?? '')])
  return run(['psql', 'prod-db', ...flags, '--resolve', 'hostaddr', '-Atc', 'select 1'], {env: world.env})
}

/** The failure as the terminal shows it: a sentence, then what to type. */
function told({stderr}: Ended): HopResult {
  const [detail = '', ...hint] = stderr.slice(Math.max(stderr.indexOf('dbtunnel: '), 0)).split('\n')
  return {id: '', title: '', status: 'fail', detail, hint: hint.map((line) => line.trim()).join('\n')}
}

function sectionOf(step: string): string {
  const from = GUIDE.indexOf(`**${step}`)
  return GUIDE.slice(from, GUIDE.indexOf('\n**', from + 2))
}
