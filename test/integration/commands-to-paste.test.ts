import {execFileSync} from 'node:child_process'
import {expect, it} from 'vitest'
import {noBastion} from '../../src/bastions/none-usable.js'
import {explainRefusedLogin} from '../../src/databases/postgres/refused-login.js'
import {awsRds} from '../../src/targets/database-status.js'
import type {Target} from '../../src/targets/target.js'
import {letIn, letOut} from '../../src/bastions/reachability.js'

// What AWS answers is in commands that people paste into a shell: no id of it can be more than one word there.
const EVIL = "x'; echo run >&2; $(echo run >&2)"
const REGION = 'eu-west-1'

const target: Target = {
  name: 'prod-db',
  databaseKind: 'postgres',
  endpoint: {host: 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com', port: 5432},
  region: REGION,
  defaultDatabase: 'shop',
  securityGroupIds: [EVIL],
}

const stopped = {candidate: {id: EVIL, state: 'stopped'}, refusal: 'is stopped'}
const caller = {account: '123456789012', arn: 'arn:aws:iam::123456789012:user/x', name: EVIL}
const login = explainRefusedLogin({kind: 'refused-by-iam', words: ''}, {user: 'bob', region: REGION, caller})

it.each<readonly [string, string | undefined]>([
  ['start the bastion', noBastion([stopped], target, {kind: 'any'}).hint],
  ['let the bastion in', letIn(target)],
  ['let the bastion out', letOut(target, EVIL)],
  ...(['start', 'wait', 'events', 'members', 'iam-login'] as const).map(
    (does) => [`${does} a database`, awsRds({kind: 'instance', id: EVIL, region: REGION}, does)] as const,
  ),
  ['log in as oneself', login.hint?.replace(/^.*?(?=-U)/s, 'aws ')],
])('to %s', (_, text = '') => {
  const command = text.split('\n').find((line) => line.includes('aws ')) ?? ''
  const script = `aws() { printf '%s\\0' "$@"; }\n${command.slice(command.indexOf('aws '))}`
  const output = execFileSync('/bin/sh', ['-c', script], {encoding: 'utf8', stdio: 'pipe'})
  expect(output.split('\0').some((word) => word.includes(EVIL))).toBe(true)
})
