import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {exec, spawn} from 'node:child_process'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {inspect, promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {awsApi} from '../../src/adapters/aws/aws-api.js'
import {boundProgram} from '../../src/adapters/aws/credential-program.js'
import type {DbtunnelError} from '../../src/core/errors.js'
import type {AwsApi} from '../../src/core/ports/aws.js'
import {REGION} from '../sandbox/account.js'
import {type Plane, startPlane, MFA_CODES} from '../sandbox/aws.js'
import {until} from '../support/until.js'

let plane: Plane
let folder: string
let notices: string[]

beforeEach(async () => {
  plane = await startPlane()
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-credentials-'))
  notices = []
  const environment = {
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_ENDPOINT_URL: plane.aws.url,
    AWS_PROFILE: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_SESSION_TOKEN: '',
    AWS_CREDENTIAL_EXPIRATION: '',
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all([plane.aws.close(), rm(folder, {recursive: true})])
})

const api = (profile?: string): AwsApi =>
  awsApi({profile, region: REGION, say: {debug() {}, notice: (line) => void notices.push(line)}})

const failureOf = (work: Promise<unknown>): Promise<DbtunnelError> =>
  work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: DbtunnelError) => error,
  )

describe('a role that takes an MFA code', () => {
  const [code] = MFA_CODES
  const device = (): string => `arn:aws:iam::${plane.account.id}:mfa/bob`

  beforeEach(async () => {
    const {accessKeyId, secretKey} = plane.keys.keysOf('bob')
    await writeFile(
      join(folder, 'credentials'),
      `[bob]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretKey}\n`,
    )
    const role = `role_arn = arn:aws:iam::${plane.account.id}:role/Engineer\nrole_session_name = alice\nsource_profile = bob`
    await writeFile(
      join(folder, 'config'),
      `[profile ops]\n${role}\nmfa_serial = ${device()}\n[profile deep]\nsource_profile = ops\n`,
    )
  })

  it('is assumed with the one code that was asked for', async () => {
    const aws = api('ops')
    expect(await aws.login.mayTakePerson()).toBe(true)
    const asked: string[] = []
    await aws.login.obtain(async (name) => {
      asked.push(name)
      return code
    })
    await Promise.all([aws.rds.clusters(), aws.sts.identity(), aws.ssm.managedNodes([])])
    expect((await aws.sts.identity()).name).toBe('alice')
    expect(asked).toEqual([device()])
  })

  it('asks nobody where it was not told to: 77, and no call', async () => {
    const {code: why, exitCode, hint} = await failureOf(api('ops').sts.identity())
    expect([why, exitCode]).toEqual(['CREDENTIALS_MISSING', 77])
    expect(hint).toContain('aws configure export-credentials --profile ops')
    expect(plane.aws.log).toEqual([])
  })

  it('is not had with a wrong code, or one that was used', async () => {
    await api('ops').login.obtain(async () => code)
    for (const wrong of ['000000', code]) {
      const failure = await failureOf(api('ops').login.obtain(async () => wrong))
      expect(failure).toMatchObject({code: 'ACCESS_DENIED', exitCode: 77})
      expect(failure.hint).toContain('MFA code may be wrong, or used already')
    }
  })

  it('says once it has expired what to type, and asks nobody', async () => {
    const aws = api('ops')
    await aws.login.obtain(async () => code)
    plane.keys.expire('alice')
    expect(await failureOf(aws.sts.identity())).toMatchObject({code: 'CREDENTIALS_EXPIRED'})
    const failure = await failureOf(aws.sts.identity())
    expect(failure).toMatchObject({
      code: 'CREDENTIALS_EXPIRED',
      hint: expect.stringContaining('the same command again'),
    })
    expect(aws.mayRenewCredentials()).toBe(true)
  })

  it('keeps what it has while that lasts, though it cannot get more', async () => {
    await writeFile(
      join(folder, 'config'),
      `[profile ops]\nrole_arn = arn:aws:iam::${plane.account.id}:role/Engineer\nrole_session_name = alice\nsource_profile = bob\nduration_seconds = 900\nmfa_serial = ${device()}\n`,
    )
    vi.useFakeTimers({toFake: ['Date'], now: Date.now()})
    const aws = api('ops')
    await aws.login.obtain(async () => code)
    // Ten minutes are left of them: for a token, more are asked for, in vain.
    vi.setSystemTime(Date.now() + 5 * 60_000)
    await aws.signing.databaseToken({host: 'h', port: 5432, region: REGION, user: 'u'})
    expect((await aws.sts.identity()).name).toBe('alice')
    vi.useRealTimers()
  })
})

const QUIET = {notice() {}}

describe('a credential_process', () => {
  const program = async (text: string): Promise<string> => {
    const file = join(folder, 'program')
    await writeFile(file, `#!/bin/sh\n${text}\n`, {mode: 0o755})
    await writeFile(join(folder, 'config'), `[profile dev]\ncredential_process = ${file} --token s3cret\n`)
    return file
  }

  it('is known before it is asked, and does not count for keys in the environment', async () => {
    await writeFile(join(folder, 'config'), '[default]\ncredential_process = false\n')
    expect(await api().login.startsProgram()).toBe(true)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's3cret')
    expect(await api().login.startsProgram()).toBe(false)
  })

  it.each([
    ['fails', 'echo s3cret >&2; exit 3'],
    ['gives no JSON', 'echo s3cret'],
    [
      'gives keys that have expired',
      `echo '{"Version":1,"AccessKeyId":"s3cret","SecretAccessKey":"s3cret","Expiration":"2020-01-01T00:00:00Z"}'`,
    ],
    ['is not there', 'exec /nonexistent/s3cret'],
  ])('that %s is told by its profile, and its words are not', async (_, text) => {
    await program(text)
    const failure = await failureOf(api('dev').sts.identity())
    expect(failure).toMatchObject({code: 'CREDENTIALS_MISSING', exitCode: 77})
    expect(failure.message).toBe('The credential_process of profile dev returned no credentials.')
    expect(inspect(failure, {depth: 20})).not.toContain('s3cret')
  })

  it('that fails is not replaced by the role of the machine', async () => {
    await program('exit 1')
    let asked = 0
    const container = createServer((_, response) => {
      asked++
      response.writeHead(500).end()
    })
    await new Promise<void>((resolve) => container.listen(0, '127.0.0.1', resolve))
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `http://127.0.0.1:${(container.address() as AddressInfo).port}/`)
    await failureOf(api('dev').sts.identity())
    expect(asked).toBe(0)
    container.close()
  })

  it('is asked again when its keys near their end, and not before', async () => {
    const offer = async (identity: string, minutes: number): Promise<void> => {
      const {accessKeyId, secretKey} = plane.keys.keysOf(identity)
      const Expiration = new Date(Date.now() + minutes * 60_000).toISOString()
      const answer = {Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretKey, Expiration}
      await program(`echo '${JSON.stringify(answer)}'`)
    }
    await offer('bob', 30)
    const {sts} = api('dev')
    expect((await sts.identity()).name).toBe('bob')
    plane.keys.issue('bob')
    const bob = plane.keys.keysOf('bob').accessKeyId
    await offer('bob', 4)
    await sts.identity()
    const early = api('dev')
    await early.sts.identity()
    await offer('bob', 30)
    expect((await early.sts.identity()).name).toBe('bob')
    expect(bob).toBe(plane.keys.keysOf('bob').accessKeyId)
  })

  it('that hangs is ended', async () => {
    const file = await program(`echo $$ > ${folder}/pid; exec sleep 60`)
    const isAlive = async (): Promise<boolean> =>
      promisify(exec)(`kill -0 $(cat ${folder}/pid)`).then(
        () => true,
        () => false,
      )
    const failure = await failureOf(boundProgram({profile: 'dev', line: file}, () => promisify(exec)(file), QUIET, 500))
    expect(failure).toMatchObject({code: 'TIMEOUT', exitCode: 75})
    expect(failure.message).toBe('The credential_process of profile dev returned nothing within 0.5 s.')
    await until('its end', async () => !(await isAlive()))
  })

  it('that hangs is ended alone, and not what was started meanwhile', async () => {
    const file = await program('exec sleep 60')
    const ask = async () => {
      void promisify(exec)(file).catch(() => {})
      return spawn('sleep', ['60'])
    }
    const other = await boundProgram({profile: 'dev', line: file}, ask, QUIET)
    expect(other.killed).toBe(false)
    other.kill()
  })
})

describe('keys of the environment', () => {
  const endIn = (ms: number): void => {
    const {accessKeyId, secretKey, sessionToken = ''} = plane.keys.keysOf('alice')
    vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretKey)
    vi.stubEnv('AWS_SESSION_TOKEN', sessionToken)
    vi.stubEnv('AWS_CREDENTIAL_EXPIRATION', new Date(Date.now() + ms).toISOString())
  }

  it('that end soon are said to, once', async () => {
    endIn(9.5 * 60_000)
    const {sts, rds} = api()
    await Promise.all([sts.identity(), rds.clusters()])
    await sts.identity()
    expect(notices).toEqual([expect.stringContaining('The AWS keys in the environment expire in 9 min.')])
  })

  it('that last are not mentioned', async () => {
    endIn(20 * 60_000)
    await api().sts.identity()
    expect(notices).toEqual([])
  })

  it('whose end is no time are not mentioned', async () => {
    endIn(0)
    vi.stubEnv('AWS_CREDENTIAL_EXPIRATION', 'tomorrow')
    await api().sts.identity()
    expect(notices).toEqual([])
  })

  it('that have ended are told before any call', async () => {
    endIn(-1000)
    expect(await failureOf(api().sts.identity())).toMatchObject({code: 'CREDENTIALS_EXPIRED', exitCode: 77})
    expect(plane.aws.log).toEqual([])
  })
})
