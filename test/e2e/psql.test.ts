import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Ended, run} from '../support/dbtunnel.js'
import {type Watch, watchFor} from '../support/leftovers.js'

let sandbox: Sandbox
let env: Record<string, string>
let watch: Watch

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())
beforeEach(() => {
  env = {...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr'}
  watch = watchFor(sandbox, env)
})
afterEach(() => watch.expectNothingLeft())

const psql = (words: readonly string[], input?: string): Promise<Ended> =>
  run(['psql', ...words], {env, ...(input === undefined ? {} : {input})})

describe('dbtunnel psql', () => {
  it('prints the result on stdout and nothing else', async () => {
    const {status, stdout, stderr} = await psql(['prod-db', '-Atc', 'select 1'])
    expect({status, stdout}).toEqual({status: 0, stdout: '1\n'})
    expect(stderr).toContain('prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com')
  })

  it('says nothing at all under --quiet', async () => {
    expect(await psql(['prod-db', '--quiet', '-Atc', 'select 1'])).toMatchObject({status: 0, stdout: '1\n', stderr: ''})
  })

  it('logs in as the AWS session, to the database that RDS made, over verified TLS to the real name', async () => {
    const {stdout} = await psql(['prod-db', '-At', '-c', '\\conninfo', '-c', 'select current_user, current_database()'])
    expect(stdout).toMatch(/host "prod-db\.c9akciq32rgw\.eu-west-1\.rds\.amazonaws\.com"/)
    expect(stdout).toMatch(/protocol: TLSv1\.[23]/)
    expect(stdout).toMatch(/^alice\|/m)
  })

  it('takes a script on stdin', async () => {
    expect(await psql(['prod-db', '-At'], 'select 2;\nselect 3;\n')).toMatchObject({status: 0, stdout: '2\n3\n'})
  })

  it('takes a script by name, after a \\c in it, too', async () => {
    const file = join(env['HOME'] ?? '', 'script.sql')
    writeFileSync(file, '\\c postgres\nselect current_database();\n')
    const {status, stdout} = await psql(['prod-db', '-Atq', '-f', file])
    expect({status, stdout}).toEqual({status: 0, stdout: 'postgres\n'})
  })

  it.each([
    [0, ['-c', 'select 1']],
    [1, ['-c', 'select nonsense']],
    [1, ['-f', '/nonexistent/file.sql']],
    [2, ['-d', 'no_such_database', '-c', 'select 1']],
    [3, ['-v', 'ON_ERROR_STOP=1', '-f', '-']],
  ])("gives psql's own status %i", async (status, words) => {
    expect((await psql(['prod-db', ...words], 'select nonsense;\nselect 1;\n')).status).toBe(status)
  })

  it('goes on after an error in a script, as psql does', async () => {
    expect(await psql(['prod-db', '-At'], 'select nonsense;\nselect 1;\n')).toMatchObject({status: 0, stdout: '1\n'})
  })

  it('keeps repeated words, and words that look like its own flags in the place of values', async () => {
    const words = [
      '-At',
      '-v',
      'X=1',
      '-v',
      'Y=--debug',
      '-v',
      'X=2',
      '-c',
      "select '--quiet'",
      '-c',
      "select '--help'",
    ]
    expect(await psql(['prod-db', '--quiet', ...words])).toMatchObject({
      status: 0,
      stdout: '--quiet\n--help\n',
      stderr: '',
    })
  })

  it("gives --help to psql where it is psql's value", async () => {
    const {status, stdout, stderr} = await psql(['prod-db', '--quiet', '-At', '-c', '--help', '-c', 'select 1'])
    // An SQL comment, and so an empty query.
    expect({status, stdout, stderr}).toEqual({status: 0, stdout: '1\n', stderr: ''})
  })

  it('opens another database and logs in as another user, in every spelling', async () => {
    for (const words of [
      ['-U', 'reporting'],
      ['-Ureporting'],
      ['-AtUreporting'],
      ['--username=reporting'],
      ['postgres', 'reporting'],
    ]) {
      const {status, stdout} = await psql(['prod-db', '--quiet', ...words, '-Atc', 'select current_user'])
      expect({words, status, stdout}).toEqual({words, status: 0, stdout: 'reporting\n'})
    }
  })
})
