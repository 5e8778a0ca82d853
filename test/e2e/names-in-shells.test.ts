import {mkdirSync, readdirSync, readFileSync, symlinkSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {defaultAccount, MACHINE} from '../sandbox/account.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {PROGRAM, run} from '../support/dbtunnel.js'
import {watchFor} from '../support/leftovers.js'
import {openShell, TYPED_SHELLS, type TypedShell} from '../support/typed-shells.js'

/** Whoever may tag an instance chooses it. */
const NAME = 'prod bastion $(touch ran)'

type Env = Record<string, string>

let sandbox: Sandbox
beforeAll(async () => {
  const account = defaultAccount()
  for (const one of account.instances) if (one.id === MACHINE.bastionA) Object.assign(one.tags, {Name: NAME})
  sandbox = await startSandbox({accounts: [account]})
})
afterAll(async () => {
  await watchFor(sandbox, {}).expectNothingLeft()
  await sandbox.close()
})

let marks = 0

/** With a folder to be in, and dbtunnel on PATH. */
function environment(): {readonly env: Env; readonly cwd: string} {
  const env: Env = {
    ...sandbox.env(),
    DBTUNNEL_RESOLVE: 'hostaddr',
    DBTUNNEL_ENGINE: 'native',
    DBTUNNEL_REASON: `sh-${++marks}`,
  }
  const [bin, cwd] = [join(env['HOME'] ?? '', 'bin'), join(env['HOME'] ?? '', 'cwd')]
  for (const folder of [bin, cwd]) mkdirSync(folder)
  symlinkSync(PROGRAM, join(bin, 'dbtunnel'))
  return {env: {...env, PATH: `${bin}:${env['PATH']}`}, cwd}
}

/** What there is in the folder of a shell into which these lines were pasted, and whom psql logs in as there. */
async function pasted(
  shell: TypedShell,
  lines: string,
  {env, cwd}: ReturnType<typeof environment>,
): Promise<{readonly files: readonly string[]; readonly who: string}> {
  const typed = await openShell(shell, {cwd, env: {...env, PGPASSWORD: 'wrong', PGSERVICE: 'elsewhere'}})
  try {
    await typed.paste(lines)
    await typed.paste(`psql -XwAtc 'select current_user' -o who`)
    return {files: readdirSync(cwd), who: readFileSync(join(cwd, 'who'), 'utf8')}
  } finally {
    await typed.end()
  }
}

const ONLY_PSQL = {files: ['who'], who: 'alice\n'}

describe.concurrent.each(TYPED_SHELLS)('in %s', (shell) => {
  const flags = shell === 'fish' ? ['--shell', 'fish'] : []

  it('the lines of open run nothing that a tag says, and let psql in', async () => {
    const here = environment()
    const {stdout, stderr} = await run(['open', 'prod-db', '--detach', '--quiet', ...flags], {env: here.env})
    expect(stderr).toBe('')
    expect(await pasted(shell, stdout, here)).toEqual(ONLY_PSQL)
    await run(['close', 'prod-db'], {env: here.env})
  })

  it('nor does what else has it on the screen', async () => {
    const here = environment()
    const {stdout, stderr} = await run(['open', 'prod-db', '--detach', ...flags], {env: here.env})
    expect(stderr).toContain(`bastion     '${NAME}' i-`)
    const shown = await Promise.all(['status', 'list'].map((command) => run([command], {env: here.env})))
    const all = [stderr, ...shown.map((one) => one.stdout)].join('\n').split('\n')
    const lines = all.filter((line) => line.includes('ran'))
    expect(lines.length).toBeGreaterThanOrEqual(4)
    expect(await pasted(shell, [...lines, stdout].join('\n'), here)).toEqual(ONLY_PSQL)
    await run(['close', 'prod-db'], {env: here.env})
  })

  it.each(
    shell === 'fish'
      ? ['dbtunnel open prod-db --detach --shell fish | source', 'eval (dbtunnel open prod-db --detach --shell fish)']
      : ['eval "$(dbtunnel open prod-db --detach)"', 'eval $(dbtunnel open prod-db --detach)'],
  )('%s sets the variables', async (line) => {
    const here = environment()
    expect(await pasted(shell, line, here)).toEqual(ONLY_PSQL)
    await run(['close', 'prod-db'], {env: here.env})
  })
})

it('the shell that the lines are for may stand in a variable, and not beside --json', async () => {
  const {env} = environment()
  const inFish = {...env, DBTUNNEL_SHELL: 'fish'}
  const opened = await run(['open', 'prod-db', '--detach', '--quiet'], {env: inFish})
  expect(opened).toMatchObject({status: 0, stdout: expect.stringMatching(/^set -e PGPASSWORD [^]*;\nset -gx PGHOST /)})
  const again = await run(['open', 'prod-db', '--json'], {env: inFish})
  expect(again).toMatchObject({status: 0, stdout: expect.stringMatching(/^\{.*\}\n$/)})
  expect(await run(['open', 'prod-db', '--json', '--shell', 'fish'], {env})).toMatchObject({
    status: 64,
    stdout: expect.stringContaining('--json and --shell cannot be used together.'),
  })
  expect(await run(['open', 'prod-db', '--shell', 'csh'], {env})).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('--shell: "csh" is not one of bash, zsh, fish, sh.'),
  })
  await run(['close', 'prod-db'], {env})
})

it('a value that no shell would read back is refused, and nothing is left open', async () => {
  const {env} = environment()
  const words = ['open', 'prod-db', '--detach', '-d', 'shop\u202e']
  expect(await run(words, {env})).toMatchObject({
    status: 64,
    stdout: '',
    stderr: expect.stringContaining('PGDATABASE cannot be printed as a shell variable: its value holds a control'),
  })
  expect(await run(['status'], {env})).toMatchObject({stderr: 'Nothing is open.\n'})
})
