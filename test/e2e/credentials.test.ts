import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {MACHINE, REGION} from '../sandbox/account.js'
import {type Sandbox} from '../sandbox/sandbox.js'
import {type Ended, run} from '../support/dbtunnel.js'
import {sandboxOfFile} from '../support/sandbox-of-file.js'

let sandbox: Sandbox
sandboxOfFile((started) => (sandbox = started))

describe.concurrent('a credential_process', () => {
  /** The environment of a profile whose keys come from this script; KEYS prints alice's. */
  function withProgram(script: string): Record<string, string> {
    const {AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, ...env} = sandbox.env()
    const keys = {
      Version: 1,
      AccessKeyId: AWS_ACCESS_KEY_ID,
      SecretAccessKey: AWS_SECRET_ACCESS_KEY,
      SessionToken: AWS_SESSION_TOKEN,
    }
    const home = env['HOME'] ?? ''
    mkdirSync(join(home, '.aws'))
    const program = join(home, 'program')
    writeFileSync(program, `#!/bin/sh\n${script.replace('KEYS', `cat <<'END'\n${JSON.stringify(keys)}\nEND`)}\n`, {
      mode: 0o755,
    })
    writeFileSync(join(home, '.aws/config'), `[default]\nregion = ${REGION}\ncredential_process = ${program}\n`)
    return {...env, DBTUNNEL_RESOLVE: 'hostaddr', DBTUNNEL_ENGINE: 'native'}
  }

  it('that reads stdin gets an empty one, and psql gets its script', async () => {
    const env = withProgram('cat > "$HOME/stdin"\nKEYS')
    const started = performance.now()
    const ended = await run(['psql', 'prod-db', '-At'], {env, input: 'select 6 * 7;\n'})
    expect(ended).toMatchObject({status: 0, stdout: '42\n'})
    // It was 40 s.
    expect(performance.now() - started).toBeLessThan(35_000)
    expect(ended.stderr).not.toContain('TIMEOUT')
  })

  it('that takes longer than 2 s: a line says what is waited for', async () => {
    const {status, stderr} = await run(['token', 'prod-db'], {env: withProgram('sleep 3\nKEYS')})
    expect(status).toBe(0)
    expect(stderr).toContain('Waiting for the credential_process of profile default')
    const quick = await run(['token', 'prod-db'], {env: withProgram('KEYS')})
    expect(quick).toMatchObject({status: 0, stderr: ''})
  })
})

describe.concurrent('keys that do not say when they end', () => {
  /** Nothing is left to ask AWS. */
  const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com:5432'
  const token = (env: Record<string, string>): Promise<Ended> =>
    run(['token', HOST, '--user', 'alice'], {env: {...env, DBTUNNEL_BASTION: MACHINE.bastionA}})

  it('and have ended: token is an error, and no token is printed', async () => {
    const {status, stdout, stderr} = await token(sandbox.env('expired'))
    expect({status, stdout}).toEqual({status: 77, stdout: ''})
    expect(stderr).toContain('[CREDENTIALS_EXPIRED]')
  })

  it('and are good: token is printed without a word', async () => {
    const {status, stdout, stderr} = await token(sandbox.env())
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    expect(stdout).toContain('Action=connect')
  })

  it('and AWS cannot be asked: the token, and a warning', async () => {
    const {status, stdout, stderr} = await token({...sandbox.env(), AWS_ENDPOINT_URL_STS: 'https://127.0.0.1:1'})
    expect(status).toBe(0)
    expect(stdout).toContain('Action=connect')
    expect(stderr).toContain('AWS does not say whether these keys are still good')
  })
})
