import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {type Sandbox} from '../sandbox/sandbox.js'
import {type Ended, run, start} from '../support/dbtunnel.js'
import {expectNothingOf} from '../support/leftovers.js'
import {inBash} from '../support/shell.js'
import {until} from '../support/until.js'
import {sandboxOfFile} from '../support/sandbox-of-file.js'

type Env = Record<string, string>

let sandbox: Sandbox
sandboxOfFile((started) => (sandbox = started))

const environment = (): Env => ({...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr', PSQLRC: '/dev/null'})
const TWO = ['--target', 'prod-db', '--target', 'billing-db']
const script = (text: string): readonly string[] => ['--', 'sh', '-c', text]

async function exec(words: readonly string[], env = environment(), cwd?: string): Promise<Ended> {
  const ended = await run(['exec', ...words], {env, detached: true, ...(cwd === undefined ? {} : {cwd})})
  await expectNothingOf(env)
  return ended
}

const sorted = (text: string): string[] => text.split('\n').sort()

describe.concurrent('several databases', () => {
  it('have a tunnel and a program each; each line has its target before it, on its own stream', async () => {
    const command = script('psql -Atc "select current_database()" && printf "a\\nb" >&2; cat')
    const {status, stdout, stderr} = await exec([...TWO, ...command])
    expect({status, stdout: sorted(stdout)}).toEqual({status: 0, stdout: ['', 'billing-db: billing', 'prod-db: shop']})
    const [lines = '', table = ''] = stderr.split(/^(?=TARGET )/m)
    expect(sorted(lines)).toEqual(['', 'billing-db: a', 'billing-db: b', 'prod-db: a', 'prod-db: b'])
    expect(table).toMatch(
      /^TARGET +STATUS +TIME\nprod-db +0 +\d+ s\nbilling-db +0 +\d+ s\nAll 2 targets succeeded\.\n$/,
    )
  })

  it('are named by patterns and groups of the config file, too', async () => {
    const env = environment()
    const folder = env['HOME'] ?? ''
    writeFileSync(
      join(folder, 'dbtunnel.yaml'),
      'targets:\n  prod-db: {}\n  billing-db: {}\n  metrics-db: {}\ngroups:\n  money: [prod-db, bill*]\n',
      {mode: 0o600},
    )
    const names = script('echo $DBTUNNEL_DATABASE')
    const pattern = await exec(['--quiet', 'metrics-*', ...names], env, folder)
    expect(pattern).toMatchObject({status: 0, stdout: 'metrics-db: postgres\n', stderr: ''})
    const {stdout} = await exec(['--quiet', 'money', ...names], env, folder)
    expect(sorted(stdout)).toEqual(['', 'billing-db: billing', 'prod-db: shop'])
    expect(await exec(['none-*', ...names], env, folder)).toMatchObject({status: 68, stdout: ''})
    // Elsewhere a group is no database, and what takes it is named.
    expect(await run(['token', 'money'], {env, cwd: folder})).toMatchObject({
      status: 68,
      stderr: expect.stringMatching(/money is a group of the config files.*\n {2}.*dbtunnel exec money -- COMMAND\n/),
    })
  })

  it('fail for themselves; the status is that of the first in the list', async () => {
    const words = ['--target', 'prod-db', '--target', 'no-db', '--target', 'billing-db', '--quiet']
    const {status, stdout, stderr} = await exec([...words, ...script('echo here; test $DBTUNNEL_PORT = 1')])
    expect({status, stdout: sorted(stdout)}).toEqual({status: 1, stdout: ['', 'billing-db: here', 'prod-db: here']})
    expect(stderr).toMatch(/^no-db: [^\n]* no-db in eu-west-1\. \[TARGET_UNKNOWN\]\n {2}\S/)
    expect(stderr).toMatch(/\nno-db +68 TARGET_UNKNOWN +\d+ s\nbilling-db +1 /)
  })

  it.each([
    ['its program fails', 'prod-db', 4],
    ['there is no such database', 'no-db', 68],
  ])('are not started any more after the first failure, where that is asked for: %s', async (_, first, status) => {
    const words = ['--target', first, '--target', 'billing-db', '--parallel', '1', '--fail-fast']
    expect(await exec([...words, ...script('exit 4')])).toMatchObject({
      status,
      stdout: '',
      stderr: expect.stringMatching(/\nbilling-db +not started +-\n/),
    })
  })

  it('say for each why its login was refused, and have it in the audit log, as one database alone', async () => {
    const env = environment()
    const words = [...TWO, '--user', 'password_only', '--', 'psql', '-c', 'select 1']
    const {status, stderr} = await exec(words, env)
    expect(status).toBe(2)
    for (const target of ['prod-db', 'billing-db']) {
      expect(stderr).toMatch(new RegExp(`^${target}: The database did not ask IAM about password_only`, 'm'))
    }
    expect(stderr).toContain('GRANT rds_iam TO "password_only";')
    const log = readFileSync(join(env['HOME'] ?? '', '.local/state/dbtunnel/audit.jsonl'), 'utf8')
    const ends = log.split('\n').filter((line) => line.includes('"event":"end"'))
    expect(
      ends.map((line) => JSON.parse(line) as {target: string}).sort((a, b) => (a.target < b.target ? -1 : 1)),
    ).toMatchObject([
      {command: 'exec', target: 'billing-db', status: 2},
      {command: 'exec', target: 'prod-db', status: 2},
    ])
  })

  it('are not given one port for all, and AWS is not asked', async () => {
    const env = {...environment(), AWS_ENDPOINT_URL: 'http://127.0.0.1:9', DBTUNNEL_LOCAL_PORT: '15432'}
    expect(await exec([...TWO, ...script('exit 4')], env)).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/^dbtunnel: --local-port [^\n]* \[USAGE\]\n/),
    })
  })

  it('are looked for in the region of each', async () => {
    const env = environment()
    const folder = env['HOME'] ?? ''
    const config = 'targets:\n  prod-db: {}\n  far: {identifier: billing-db, region: eu-central-1}\n'
    writeFileSync(join(folder, 'dbtunnel.yaml'), config, {mode: 0o600})
    const words = ['--target', 'prod-db', '--target', 'far', '--quiet', ...script('echo $DBTUNNEL_DATABASE')]
    const {status, stdout, stderr} = await exec(words, env, folder)
    expect({status, stdout}).toEqual({status: 77, stdout: 'prod-db: shop\n'})
    expect(stderr).toMatch(/^far +77 /m)
  })

  it('are reached each as whom its own profile says, and the default one where it has none', async () => {
    const {AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, AWS_SESSION_TOKEN: ___, ...env} = environment()
    const home = env['HOME'] ?? ''
    const sections = Object.entries({default: 'alice', 'profile other': 'bob'}).map(([section, identity]) => {
      const {accessKeyId, secretKey, sessionToken} = sandbox.keys.keysOf(identity)
      const token = sessionToken === undefined ? '' : `aws_session_token = ${sessionToken}\n`
      return `[${section}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretKey}\n${token}`
    })
    const AWS_CONFIG_FILE = join(home, 'aws')
    writeFileSync(AWS_CONFIG_FILE, sections.join(''))
    mkdirSync(join(home, '.config/dbtunnel'), {recursive: true})
    writeFileSync(join(home, '.config/dbtunnel/config.yaml'), 'targets:\n  billing-db: {profile: other}\n')
    const {status, stdout} = await exec([...TWO, ...script('psql -Atc "select current_user"')], {
      ...env,
      AWS_CONFIG_FILE,
    })
    expect({status, stdout: sorted(stdout)}).toEqual({status: 0, stdout: ['', 'billing-db: bob', 'prod-db: alice']})
  })

  it('are undone each when its program is done, and not with the last', async () => {
    const env = environment()
    const go = join(env['HOME'] ?? '', 'go')
    const wait = `test $DBTUNNEL_DATABASE = shop || until test -e '${go}'; do sleep 0.1; done; echo done`
    const running = start(['exec', ...TWO, '--reason', 'each', ...script(wait)], {env, detached: true})
    await until('the first', () => running.stdout() === 'prod-db: done\n')
    const isOpen = ({reason, endedAt}: {reason?: string | undefined; endedAt?: unknown}): boolean =>
      reason?.startsWith('each ') === true && endedAt === undefined
    await until('the end of its session', () => sandbox.sessions.all().filter(isOpen).length === 1, 10_000)
    writeFileSync(go, '')
    expect(await running.ended).toMatchObject({status: 0, stdout: 'prod-db: done\nbilling-db: done\n'})
  })

  it('ask for their sessions three times a second at the most', async () => {
    const env = {...environment(), AWS_SDK_UA_APP_ID: 'paced'}
    const targets = ['01', '02', '03', '04', '05', '06', '07'].flatMap((number) => ['--target', `tenant-${number}`])
    expect(await exec([...targets, '--parallel', '7', '--quiet', ...script('true')], env)).toMatchObject({status: 0})
    const starts = sandbox.aws.log
      .filter(({action, userAgent}) => action === 'ssm:StartSession' && userAgent.includes('app/paced'))
      .map(({startedAt}) => startedAt)
    expect(starts).toHaveLength(7)
    // Six waits of a third of a second; each may come a little earlier or later than it was sent.
    expect(Math.max(...starts) - Math.min(...starts)).toBeGreaterThan(1700)
  })

  it('end when nobody reads what they print', async () => {
    const line = '"$@" | head -1; exit ${PIPESTATUS[0]}'
    const {stdout} = await inBash(line, ['exec', ...TWO, ...script('yes')], environment())
    expect(stdout).toMatch(/^(prod|billing)-db: y\n$/)
  })

  it('print into files of their own, never over another one', async () => {
    const env = environment()
    const folder = join(env['HOME'] ?? '', 'deep/out')
    const words = [...TWO, '--output-dir', folder, ...script('echo $DBTUNNEL_DATABASE; echo complaint >/dev/stderr')]
    expect(await exec(words, env)).toMatchObject({status: 0, stdout: ''})
    const files = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    )
    expect(files).toEqual({
      'billing-db.err': 'complaint\n',
      'billing-db.out': 'billing\n',
      'prod-db.err': 'complaint\n',
      'prod-db.out': 'shop\n',
    })
    for (const name of Object.keys(files)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    const before = sandbox.aws.log.length
    expect(await exec(words, {...env, AWS_ENDPOINT_URL: 'http://127.0.0.1:9'})).toMatchObject({
      status: 73,
      stderr: expect.stringContaining('prod-db.out exists already'),
    })
    expect(before).toBeGreaterThan(0)
  })

  it('are not started where no folder for their output can be made', async () => {
    const words = [...TWO, '--output-dir', '/proc/none/deep', ...script('true')]
    expect(await exec(words)).toMatchObject({status: 73, stderr: expect.stringContaining('[FILES_UNWRITABLE]')})
  })

  it('lose no byte to a late reader', async () => {
    const line = '"$@" 2>/dev/null | (sleep 2; wc -c)'
    const noise = 'head -c 5000000 /dev/zero; echo; seq 100000'
    const {stdout} = await inBash(line, ['exec', ...TWO, ...script(noise)], environment())
    const own = 5_000_001 + 588_895
    expect(Number(stdout)).toBe(2 * own + 100_001 * ('prod-db: '.length + 'billing-db: '.length))
  })

  it.each([
    ['SIGINT', 130, 'INT'],
    ['SIGTERM', 143, 'TERM'],
  ] as const)('%s ends all of them at once, and undoes all', async (signal, status, name) => {
    const env = environment()
    const deaf = `trap "echo told" ${name}; echo up; while :; do sleep 0.2; done`
    const running = start(['exec', ...TWO, ...script(deaf)], {env, detached: true})
    await until('both programs', () => running.stdout().match(/up/g)?.length === 2)
    running.child.kill(signal)
    const ended = await running.ended
    expect(ended).toMatchObject({
      status,
      stderr: expect.stringMatching(/prod-db +interrupted .*\nbilling-db +interrupted /),
    })
    expect(sorted(ended.stdout)).toEqual(['', 'billing-db: told', 'billing-db: up', 'prod-db: told', 'prod-db: up'])
    await expectNothingOf(env)
  })
})

it('they have a new token each after Ctrl-Z and fg', async () => {
  const running = start(['exec', ...TWO, ...script('echo $PGPASSFILE; sleep 30')], {env: environment(), detached: true})
  const files = await until('both programs', () => {
    const found = running.stdout().match(/\S+(?=\n)/g) ?? []
    return found.length === 2 && found
  })
  const written = (): number[] => files.map((file) => statSync(file).mtimeMs)
  const before = written()
  running.child.kill('SIGCONT')
  await until('both tokens', () => written().every((time, index) => time > (before[index] ?? 0)), 10_000)
  running.child.kill('SIGTERM')
  await running.ended
})

it('they are listed each for itself, and left alone unless named', async () => {
  const env = environment()
  const running = start(['exec', ...TWO, ...script('echo up; sleep 30')], {env, detached: true})
  await until('both programs', () => running.stdout().match(/up/g)?.length === 2)
  const {pid} = running.child
  const {stdout} = await run(['status'], {env})
  expect(stdout).toMatch(new RegExp(`^prod-db .* exec ${pid}$`, 'm'))
  expect(stdout).toMatch(new RegExp(`^billing-db .* exec ${pid}$`, 'm'))
  expect(await run(['close', String(pid)], {env})).toMatchObject({status: 0})
  expect((await running.ended).status).toBe(143)
})
