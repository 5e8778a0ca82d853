import {readFileSync} from 'node:fs'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {marksIn} from '../../src/hosts/lines.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Running, start} from '../support/dbtunnel.js'
import {asOrdinary} from '../support/ordinary-user.js'
import {until} from '../support/until.js'
import {setRules, USER, WITHOUT_PASSWORD} from './machine.js'

const MANY = 50

let sandbox: Sandbox
const tunnels: Running[] = []
beforeAll(async () => {
  setRules(WITHOUT_PASSWORD)
  sandbox = await startSandbox()
})
afterAll(async () => {
  for (const {child} of tunnels) child.kill('SIGTERM')
  await Promise.all(tunnels.map(({ended}) => ended))
  await sandbox.close()
  setRules()
})

it(`${MANY} tunnels at once, of root and of an ordinary user: a line for each, and then the same bytes`, async () => {
  const before = readFileSync('/etc/hosts')
  for (let index = 0; index < MANY; index++) {
    const isUsers = index % 2 === 1
    const env = {...sandbox.env(), DBTUNNEL_ENGINE: 'native', DBTUNNEL_TIMEOUT: '5m'}
    const options = isUsers ? {env: asOrdinary(env), uid: USER.uid} : {env}
    tunnels.push(start(['open', 'prod-db', '--quiet', '--resolve', 'hosts'], {...options, detached: true}))
  }
  await Promise.all(
    tunnels.map((one) => {
      const failed = one.ended.then(({status, stderr}) => Promise.reject(new Error(`ended with ${status}: ${stderr}`)))
      return Promise.race([until('a tunnel', () => one.stdout().includes('PGPASSFILE'), 300_000), failed])
    }),
  )
  expect(new Set(marksIn(readFileSync('/etc/hosts')).map(({owner}) => owner.pid)).size).toBe(MANY)
  for (const {child} of tunnels) child.kill('SIGTERM')
  const ends = await Promise.all(tunnels.map(({ended}) => ended))
  expect(new Set(ends.map(({status}) => status))).toEqual(new Set([143]))
  await until('the file as it was', () => readFileSync('/etc/hosts').equals(before), 10_000)
}, 400_000)
