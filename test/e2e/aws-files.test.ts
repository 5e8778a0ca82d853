import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {REGION} from '../sandbox/account.js'
import {type Sandbox} from '../sandbox/sandbox.js'
import {type Ended, run} from '../support/dbtunnel.js'
import {sandboxOfFile} from '../support/sandbox-of-file.js'

let sandbox: Sandbox
sandboxOfFile((started) => (sandbox = started))

/** With these files in ~/.aws and nothing in the environment; KEYS stands for alice's. */
function psql(profile: string, config: string, credentials = ''): Promise<Ended> {
  const {AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION: _, ...env} = sandbox.env()
  const keys = Object.entries({AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN})
    .map(([name, value]) => `${name.toLowerCase()} = ${value}`)
    .join('\n')
  const folder = join(env['HOME'] ?? '', '.aws')
  mkdirSync(folder)
  writeFileSync(join(folder, 'config'), config.replace('KEYS', keys))
  writeFileSync(join(folder, 'credentials'), credentials.replace('KEYS', keys))
  const words = [
    'psql',
    'prod-db',
    '--profile',
    profile,
    '--resolve',
    'hostaddr',
    '--engine',
    'native',
    '-Atc',
    'select 1',
  ]
  return run(words, {env})
}

describe.concurrent('a profile whose name has a blank', () => {
  it.each([
    ['double quotes', `[profile "My Team"]\nregion = ${REGION}\nKEYS\n`, ''],
    ['single quotes', `[profile 'My Team']\nregion = ${REGION}\nKEYS\n`, ''],
    ['the credentials file', `[profile "My Team"]\nregion = ${REGION}\n`, '[My Team]\nKEYS\n'],
  ])('in %s works as in the AWS CLI', async (_, config, credentials) => {
    expect(await psql('My Team', config, credentials)).toMatchObject({status: 0, stdout: '1\n'})
  })

  it('without quotes is no profile to the AWS CLI, either: file, line, and what to write', async () => {
    const {status, stderr} = await psql('My Team', `[profile My Team]\nregion = ${REGION}\nKEYS\n`)
    expect(status).toBe(78)
    expect(stderr).toMatch(/\.aws\/config:1 has \[profile My Team\].*Write: \[profile "My Team"\]/)
  })
})

describe.concurrent('a section', () => {
  it('without the word profile: file, line, and what to write', async () => {
    const {status, stderr} = await psql('dev', `[dev]\nregion = ${REGION}\nKEYS\n`)
    expect(status).toBe(78)
    expect(stderr).toMatch(/\.aws\/config:1 has \[dev\], where the word profile is missing\. Write: \[profile dev\]/)
    expect(stderr).not.toContain('aws configure sso')
  })

  it('that comes twice: file and line, and no secret', async () => {
    const {status, stderr} = await psql('dev', `[profile dev]\nregion = ${REGION}\n[profile dev]\nKEYS\n`)
    expect(status).toBe(78)
    expect(stderr).toMatch(/\.aws\/config:3 has a second section \[profile dev\]/)
    expect(stderr).not.toContain(sandbox.keys.keysOf('alice').secretKey)
  })
})
