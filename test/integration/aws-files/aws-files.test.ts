import {execFile} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {connect} from '../../../src/adapters/aws/connection.js'
import {profileRegion, readSections} from '../../../src/adapters/aws/profile.js'
import {isDbtunnelError} from '../../../src/core/errors.js'
import {CASES, type FilesCase} from './cases.js'

let folder: string

async function write({config, credentials, profile}: FilesCase): Promise<Record<string, string>> {
  await writeFile(join(folder, 'config'), config)
  await writeFile(join(folder, 'credentials'), credentials)
  return {
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(profile === undefined ? {} : {AWS_PROFILE: profile}),
  }
}

/** A setting that is empty is one that is not set. */
const given = (text: string | null | undefined): string | null => text || null

describe('AWS’s files, as the AWS CLI reads them', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dbtunnel-aws-files-'))
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await rm(folder, {recursive: true})
  })

  it.each(CASES)('$title', async (one) => {
    const {profile, cli, says, reads} = one
    for (const [name, value] of Object.entries(await write(one))) vi.stubEnv(name, value)
    const say = {debug() {}, notice() {}}
    const read = async (): Promise<Record<string, string | null>> => {
      const region = await profileRegion(profile)
      const section = (await readSections())[profile ?? 'default'] ?? {}
      const isRole = section['role_arn'] !== undefined
      // What a login gives is not in the files.
      const isLogin = section['sso_session'] !== undefined
      // Told before AWS is asked; an address that is none keeps it from being.
      vi.stubEnv('AWS_ENDPOINT_URL_STS', 'https://127.0.0.1:1')
      const keys =
        isLogin || (isRole && says === undefined)
          ? undefined
          : await connect({profile, region: 'eu-west-1', say}).credentials()
      return {...section, region: given(region), aws_access_key_id: keys?.accessKeyId ?? null}
    }
    if (says !== undefined) {
      const error: unknown = await read().then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (!isDbtunnelError(error)) throw error
      const text = `${error.message}\n${error.hint ?? ''}`
      expect(error.code).toBe('CONFIG_INVALID')
      expect(text).toContain(says)
      expect(text).not.toContain('s3cr3t')
      return
    }
    const ours = await read()
    const expected = reads ?? cli
    if ('refuses' in expected) throw new Error('The AWS CLI refuses it: dbtunnel has to say why.')
    const same = Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, given(value)]))
    expect(Object.fromEntries(Object.keys(same).map((name) => [name, ours[name] ?? null]))).toEqual(same)
  })

  it('a loop has a source that names itself, with keys of its own: that is none', async () => {
    const role = 'role_arn = arn:aws:iam::123456789012:role/A\nsource_profile = a\nregion = eu-west-1\n'
    const config = `[profile a]\n${role}aws_access_key_id = AKIAABCDEFGHIJKL0099\naws_secret_access_key = s3cr3t\n`
    const env = await write({title: '', config, credentials: '', profile: 'a', cli: {}})
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    vi.stubEnv('AWS_ENDPOINT_URL_STS', 'https://127.0.0.1:1')
    const {credentials} = connect({profile: 'a', region: 'eu-west-1', say: {debug() {}, notice() {}}})
    // It gets as far as STS.
    await expect(credentials()).rejects.toMatchObject({code: 'AWS_UNREACHABLE'})
  })
})

/** The AWS CLI as Debian has it: its Python can be asked for many files at once. */
const AWS = '/usr/bin/aws'
const isInstalled = existsSync(AWS) && /^#!\/usr\/bin\/python3\n/.test(readFileSync(AWS, 'latin1').slice(0, 100))

it.skipIf(!isInstalled)('the table says what AWS CLI 2 itself says', async () => {
  const own = await mkdtemp(join(tmpdir(), 'dbtunnel-aws-cli-'))
  const questions: {readonly env: Record<string, string>; readonly names: readonly string[]}[] = []
  for (const [index, {config, credentials, profile, cli}] of CASES.entries()) {
    const [configFile, credentialsFile] = [join(own, `config-${index}`), join(own, `credentials-${index}`)]
    await writeFile(configFile, config)
    await writeFile(credentialsFile, credentials)
    const env = {AWS_CONFIG_FILE: configFile, AWS_SHARED_CREDENTIALS_FILE: credentialsFile}
    questions.push({
      env: {...env, ...(profile === undefined ? {} : {AWS_PROFILE: profile})},
      names: 'refuses' in cli ? ['region'] : Object.keys(cli),
    })
  }
  const env = {PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: own}
  const asked = promisify(execFile)('/usr/bin/python3', [join(import.meta.dirname, 'ask-cli.py')], {env})
  asked.child.stdin?.end(JSON.stringify(questions))
  const {stdout} = await asked
  await rm(own, {recursive: true})
  const answers = JSON.parse(stdout) as Record<string, {status: number; stdout: string; stderr: string}>[]
  const shown = answers.map((answer) => {
    const {stderr = ''} = Object.values(answer)[0] ?? {}
    if (stderr.includes('could not be found')) return {refuses: 'profile'}
    if (stderr.includes('Unable to parse config file')) return {refuses: 'file'}
    const values = Object.entries(answer).map(([name, one]) => [
      name,
      one.status === 0 ? one.stdout.replace(/\n$/, '') : null,
    ])
    return Object.fromEntries(values) as object
  })
  expect(shown.map((answer, index) => [CASES[index]?.title, answer])).toEqual(CASES.map(({title, cli}) => [title, cli]))
})
