import {existsSync, mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {MFA_CODES} from '../sandbox/aws.js'
import {PROGRAM, run} from '../support/dbtunnel.js'
import {pidOf, watchFor} from '../support/leftovers.js'
import {openScreen, type Screen} from '../support/terminal.js'
import {until} from '../support/until.js'

type Env = Record<string, string>
let sandbox: Sandbox
const screens: Screen[] = []

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(async () => {
  for (const {pty} of screens) pty.kill('SIGKILL')
  await watchFor(sandbox, {}).expectNothingLeft()
  await sandbox.close()
})

const CONFIG = 'config'

/** Without keys in the environment, but with AWS files that say this. */
function profiled(config: string): Env {
  const {AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, AWS_SESSION_TOKEN: ___, ...env} = sandbox.env()
  const file = join(env['HOME'] ?? '', CONFIG)
  writeFileSync(file, config)
  return {...env, AWS_CONFIG_FILE: file, AWS_PROFILE: 'work', DBTUNNEL_RESOLVE: 'hostaddr', PSQLRC: '/dev/null'}
}

function keysOf(identity: string): string {
  const {accessKeyId, secretKey, sessionToken} = sandbox.keys.keysOf(identity)
  const token = sessionToken === undefined ? '' : `aws_session_token = ${sessionToken}\n`
  return `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretKey}\n${token}`
}

function onTerminal(script: string, env: Env): Screen {
  const lines = `dbtunnel() { "$NODE" "$PROGRAM" "$@"; }; ${script}; echo "status=$?"`
  const argv = ['--norc', '-c', lines]
  const screen = openScreen(argv, {file: '/bin/bash', env: {...env, NODE: process.execPath, PROGRAM}})
  screens.push(screen)
  return screen
}

describe('a login that has expired', () => {
  const EXPIRED =
    '[profile work]\nsso_session = corp\nsso_account_id = 412093857610\nsso_role_name = Engineer\n' +
    '[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n'
  const QUESTION = /Your AWS login has expired\. Run it now: aws sso login --profile work\? \[y\/N\] $/

  /** An `aws` that logs in, with something to say to its user. */
  function withAws(status = 0): Env {
    const env = profiled(EXPIRED)
    const bin = join(env['HOME'] ?? '', 'bin')
    mkdirSync(bin)
    const renew = `cat > '${env['AWS_CONFIG_FILE']}' <<'END'\n[profile work]\n${keysOf('alice')}END\n`
    const script = `#!/bin/sh\necho "Opening a browser: $*"\n${status === 0 ? renew : ''}exit ${status}\n`
    writeFileSync(join(bin, 'aws'), script, {mode: 0o755})
    return {...env, PATH: `${bin}:${env['PATH']}`}
  }

  it.each([
    ['psql', "psql prod-db -Atc 'select 40 + 2'", /\r\n42\r\nstatus=0/],
    ['exec', "exec prod-db -- psql -Atc 'select 40 + 2'", /\r\n42\r\nstatus=0/],
    [
      'exec for several, for all at once,',
      "exec --target prod-db --target billing-db -- psql -Atc 'select 40 + 2'",
      /(-db: 42\r\n[^]*){2}status=0/,
    ],
    ['doctor', 'doctor prod-db', /dbtunnel psql prod-db works\.\r\nstatus=0/],
  ])('is renewed on y, by the command itself; then %s goes on', async (_, words, result) => {
    const screen = onTerminal(`dbtunnel ${words}`, withAws())
    const at = await screen.waitFor(QUESTION)
    screen.type('y\r')
    await screen.waitFor(/Opening a browser: sso login --profile work\r\n/, at)
    await screen.waitFor(result, at)
    expect(screen.plain().match(/\[y\/N\]/g)).toHaveLength(1)
  })

  it('leaves stdout to the result', async () => {
    const screen = onTerminal('t=$(dbtunnel token prod-db); echo "[${t%%\\?*}]"', withAws())
    await screen.waitFor(QUESTION)
    screen.type('yes\r')
    await screen.waitFor(/\[prod-db\.c9akciq32rgw\.eu-west-1\.rds\.amazonaws\.com:5432\/\]\r\nstatus=0/)
  })

  it.each([
    ['n', 'n\r', 0],
    ['Enter alone', '\r', 0],
    ['Ctrl-D', '\u0004', 0],
    ['y, and a login that fails', 'y\r', 1],
  ])('stays expired on %s: 77, and the command', async (_, keys, status) => {
    const screen = onTerminal('dbtunnel psql prod-db', withAws(status))
    const at = await screen.waitFor(QUESTION)
    screen.type(keys)
    await screen.waitFor(/\[CREDENTIALS_EXPIRED\]\r\n {2}Log in again: aws sso login --profile work\r\nstatus=77/, at)
  })

  it('is not offered to a program, nor without the program', async () => {
    const env = withAws()
    const hint = /Log in again: aws sso login --profile work\n$/
    expect(await run(['psql', 'prod-db'], {env, input: 'y\n'})).toMatchObject({
      status: 77,
      stderr: expect.stringMatching(hint),
    })
    for (const words of ['psql prod-db --quiet', 'token prod-db --json']) {
      const screen = onTerminal(`dbtunnel ${words}`, env)
      await screen.waitFor(/status=77/)
      expect(screen.plain()).not.toContain('[y/N]')
    }
    const screen = onTerminal('dbtunnel psql prod-db', {...env, PATH: sandbox.env()['PATH'] ?? ''})
    await screen.waitFor(/status=77/)
    expect(screen.plain()).not.toContain('[y/N]')
  })

  it('is not left running by a dbtunnel that was asked to end', async () => {
    const env = withAws()
    const started = join(env['HOME'] ?? '', 'started')
    writeFileSync(join(env['HOME'] ?? '', 'bin/aws'), `#!/bin/sh\necho > '${started}'\nexec sleep 60\n`)
    // The shell goes on: else the terminal's end would be that of the program, too.
    const screen = onTerminal('dbtunnel psql prod-db; echo "ended=$?"; read', env)
    await screen.waitFor(QUESTION)
    screen.type('y\r')
    await until('the login', () => existsSync(started))
    process.kill(pidOf(env, 'node') ?? 0, 'SIGTERM')
    await screen.waitFor(/ended=143/)
    await until('the end of the login', () => pidOf(env, 'sleep') === undefined, 5000)
    screen.type('\r')
    await screen.ended
  })

  it('Ctrl-C at the question: 130', async () => {
    const screen = onTerminal('dbtunnel psql prod-db', withAws())
    await screen.waitFor(QUESTION)
    screen.type('\u0003')
    await screen.waitFor(/\^C\r\ndbtunnel: Interrupted\. \[INTERRUPTED\]\r\nstatus=130/)
  })
})

describe('a role that takes an MFA code', () => {
  const withMfa = (): Env => {
    const {id} = sandbox.account
    const role = `role_arn = arn:aws:iam::${id}:role/Engineer\nrole_session_name = alice\nsource_profile = bob\n`
    return profiled(`[profile bob]\n${keysOf('bob')}[profile work]\n${role}mfa_serial = arn:aws:iam::${id}:mfa/bob\n`)
  }

  it('is asked for on the terminal, before anything is drawn', async () => {
    const screen = onTerminal('dbtunnel psql prod-db', withMfa())
    const at = await screen.waitFor(/^MFA code of arn:aws:iam::\d+:mfa\/bob: $/)
    screen.type(`${MFA_CODES[1]}\r`)
    await screen.waitFor(/shop=> $/, at)
    screen.type('\\q\r')
    await screen.waitFor(/status=0/, at)
  })

  it('is not sent to AWS when it is no code', async () => {
    const before = sandbox.aws.log.length
    const screen = onTerminal('dbtunnel psql prod-db', withMfa())
    const at = await screen.waitFor(/mfa\/bob: $/)
    screen.type('12345\r')
    await screen.waitFor(/it must have six digits\. \[VALUE_INVALID\][^]*status=64/, at)
    expect(sandbox.aws.log.slice(before)).toEqual([])
  })

  it('is not had with a wrong code', async () => {
    const screen = onTerminal('dbtunnel psql prod-db', withMfa())
    const at = await screen.waitFor(/mfa\/bob: $/)
    screen.type('000000\r')
    await screen.waitFor(/\[ACCESS_DENIED\]\r\n {2}The MFA code may be wrong[^]*status=77/, at)
  })

  it('elsewhere: 77, and what to do', async () => {
    const {status, stderr} = await run(['psql', 'prod-db', '-c', 'select 1'], {env: withMfa(), input: '123456\n'})
    expect(status).toBe(77)
    expect(stderr).toContain('aws configure export-credentials --profile work')
  })
})
