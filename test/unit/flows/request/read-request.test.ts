import {expect, it} from 'vitest'
import {readAccount, readRequest} from '../../../../src/flows/request/read-request.js'

const HOST = 'prod-db.c9akciq32rgw.us-east-2.rds.amazonaws.com'
const sources = {
  env: {AWS_REGION: 'eu-west-1'},
  cwd: '/srv',
  profileRegion: async () => undefined,
  profileAccount: async () => undefined,
  aliasesOf: async () => [],
  configFiles: async () => [],
  say: {notice: () => {}},
}

it('reads a target and its settings; an endpoint has its region in its name', async () => {
  expect(await readRequest({target: 'Prod-DB', flags: {user: 'alice'}}, sources)).toMatchObject({
    name: {kind: 'name', id: 'prod-db'},
    settings: {user: 'alice', region: 'eu-west-1'},
  })
  expect((await readRequest({target: HOST, flags: {}}, sources)).settings.region).toBe('us-east-2')
  expect((await readAccount({}, sources)).region).toBe('eu-west-1')
})

it('refuses what is no target, and a flag that contradicts one', async () => {
  await expect(readRequest({target: 'no such', flags: {}}, sources)).rejects.toMatchObject({code: 'TARGET_INVALID'})
  const flags = {region: 'eu-west-1'}
  await expect(readRequest({target: HOST, flags}, sources)).rejects.toMatchObject({code: 'VALUE_INVALID'})
})
