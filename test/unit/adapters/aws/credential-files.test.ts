import {mkdir, mkdtemp, rm, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, it, vi} from 'vitest'
import {credentialFilesMark} from '../../../../src/adapters/aws/credential-files.js'

let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
  vi.stubEnv('HOME', home)
  vi.stubEnv('AWS_CONFIG_FILE', '')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, 'mine'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, {recursive: true})
})

it('is the same while nobody logs in, and there need not be any file', async () => {
  expect(await credentialFilesMark()).toBe(await credentialFilesMark())
})

it.each(['mine', '.aws/config', '.aws/sso/cache/0a1b.json', '.aws/login/cache/0a1b.json', '.aws/cli/cache/0a1b.json'])(
  'changes when %s is made, and when it is written again in its place',
  async (name) => {
    const file = join(home, name)
    const none = await credentialFilesMark()
    await mkdir(join(file, '..'), {recursive: true})
    await writeFile(file, 'first')
    const first = await credentialFilesMark()
    await writeFile(file, 'later')
    await utimes(file, new Date(), new Date(Date.now() + 5000))
    expect(new Set([none, first, await credentialFilesMark()]).size).toBe(3)
  },
)
