import {stripVTControlCharacters} from 'node:util'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {CARRIERS, type Carrier} from '../support/carriers.js'
import {PROGRAM} from '../support/dbtunnel.js'
import {pidOf, watchFor} from '../support/leftovers.js'
import {openScreen, type Screen} from '../support/terminal.js'
import {asleep} from '../support/trials.js'

const CTRL_C = '\u0003'
const CTRL_BACKSLASH = '\u001C'
const HIDE_CURSOR = '\u001B[?25l'
const SHOW_CURSOR = '\u001B[?25h'

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

function environment(change: Env = {}): Env {
  return {...sandbox.env(), DBTUNNEL_RESOLVE: 'hostaddr', PSQLRC: '/dev/null', ...change}
}

function open(file: string, argv: readonly string[], env: Env, columns = 80): Screen {
  const screen = openScreen(argv, {file, env, columns})
  screens.push(screen)
  return screen
}

/** dbtunnel as a shell's foreground job, with the terminal's modes told before and after. */
function asJob(words: readonly string[], env: Env, columns?: number): Screen {
  const script = 'set -m; stty -a; echo begin; "$@"; status=$?; echo; echo "status=$status"; stty -a; echo end; read'
  return open('/bin/bash', ['--norc', '-c', script, 'bash', process.execPath, PROGRAM, ...words], env, columns)
}

interface Aftermath {
  readonly status: number
  readonly sameModes: boolean
  readonly cursorShown: boolean
  /** What was on the terminal while dbtunnel ran, control codes included. */
  readonly text: string
  /** The same as it was left to be seen. */
  readonly plain: string
}

async function aftermath(screen: Screen): Promise<Aftermath> {
  // The shell waits for us: what a program wrote just before its end can be lost with the terminal.
  await screen.waitFor(/\nend\r\n$/)
  const parts = /^(.*?)begin\r\n(.*)\r\nstatus=(\d+)\r\n(.*)end\r\n$/s.exec(screen.text())
  screen.type('\r')
  await screen.ended
  if (!parts) throw new Error(`no end to be seen: ${JSON.stringify(screen.text())}`)
  const [, before, text = '', status, after] = parts
  const cursorShown = text.lastIndexOf(HIDE_CURSOR) <= text.lastIndexOf(SHOW_CURSOR)
  return {status: Number(status), sameModes: after === before, cursorShown, text, plain: lastly(text)}
}

/** What progress drew over is gone. */
function lastly(text: string): string {
  const drawn = text.lastIndexOf('\u001B[1A')
  return stripVTControlCharacters(text.slice(drawn + 1))
}

describe.concurrent('psql at its prompt', () => {
  it.each(CARRIERS)(
    '$name: Ctrl-C cancels a query, ten times in a row, and a line half typed',
    async (carrier: Carrier) => {
      const screen = asJob(['psql', 'prod-db'], environment(carrier.env))
      let at = await screen.waitFor(/shop=> $/)
      for (let round = 0; round < 10; round++) {
        const word = `${carrier.name}-${round}`
        screen.type(`select pg_sleep(60) /* ${word} */;\r`)
        await asleep(word, sandbox)
        screen.type(CTRL_C)
        at = await screen.waitFor(/canceling statement due to user request\s+prod-db shop=> $/, at)
      }
      screen.type('select half typed')
      at = await screen.waitFor(/half typed/, at)
      screen.type(CTRL_C)
      at = await screen.waitFor(/\^C\s+prod-db shop=> $/, at)
      screen.type("select 'still ' || 'here';\r")
      await screen.waitFor(/still here.*shop=> $/s, at)
      screen.type('\\q\r')
      expect(await aftermath(screen)).toMatchObject({status: 0, sameModes: true, cursorShown: true})
    },
  )
})

it('tells at the prompt, on a line of its own and by its name, that the session is over', async () => {
  const screen = asJob(['psql', 'prod-db', '--reason', 'to be ended'], environment(CARRIERS[0]?.env))
  const at = await screen.waitFor(/shop=> $/)
  screen.type('select half typed')
  await screen.waitFor(/half typed$/, at)
  const session = sandbox.sessions.all().find(({reason}) => reason?.startsWith('to be ended '))
  sandbox.agents.terminate(session?.id ?? '', 'Ended by an administrator')
  await screen.waitFor(
    /half typed\r\ndbtunnel: Session Manager ended the session: Ended by an[^>]*connection\.[^>]*prod-db\r\n/,
    at,
  )
  screen.type('\u0003')
  await screen.waitFor(/\^C\s+prod-db shop=> $/, at)
  screen.type('\\q\r')
  expect(await aftermath(screen)).toMatchObject({status: 0, sameModes: true})
})

/** dbtunnel stands still at its second step, waiting for AWS. */
async function hanging(env: Env): Promise<Screen> {
  const from = `app/${env['AWS_SDK_UA_APP_ID']}`
  sandbox.aws.disturbances.add({action: 'ssm:DescribeInstanceInformation', from, effect: {kind: 'hang'}})
  const screen = asJob(['psql', 'prod-db'], env)
  await screen.waitFor(/ Database: prod-db/)
  return screen
}

const KEYS: Readonly<Record<string, string>> = {'Ctrl-C': CTRL_C, 'Ctrl-\\': CTRL_BACKSLASH}

function interrupt(screen: Screen, env: Env, what: string): void {
  const [signal = '', , program = 'node'] = what.split(' ')
  const keys = KEYS[what]
  if (keys === undefined) process.kill(pidOf(env, program) ?? 0, signal)
  else screen.type(keys)
}

describe.concurrent('the terminal afterwards', () => {
  it.each([
    ['Ctrl-C', 130],
    ['Ctrl-\\', 131],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('%s in the progress', async (what, status) => {
    const env = environment({AWS_SDK_UA_APP_ID: `progress-${status}`})
    const screen = await hanging(env)
    interrupt(screen, env, what)
    const end = await aftermath(screen)
    expect(end).toMatchObject({status, sameModes: true, cursorShown: true})
    // All steps once more, the one that failed marked; then one line.
    expect(end.plain).toMatch(/✔ Database: [^\n]*\n✖ Bastion\r\n· Session\r\n· Name\r\n· Login\r\ndbtunnel: [^\n]*\n$/)
  })

  it.each([
    ['Ctrl-\\', 131],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGKILL of psql', 137],
  ])('%s at the prompt', async (what, status) => {
    const env = environment()
    const screen = asJob(['psql', 'prod-db'], env)
    await screen.waitFor(/shop=> $/)
    // Between its prompt and its wait for a key readline misses a signal; no person is that fast.
    await sleep(300)
    interrupt(screen, env, what)
    expect(await aftermath(screen)).toMatchObject({status, sameModes: true, cursorShown: true})
  })

  it('a failure, in no colour', async () => {
    const screen = asJob(['psql', 'prod-dv'], environment({NO_COLOR: '1'}))
    const end = await aftermath(screen)
    expect(end).toMatchObject({status: 68, sameModes: true, cursorShown: true})
    // eslint-disable-next-line no-control-regex
    expect(end.text).not.toMatch(/\u001B\[[0-9;]*m/)
  })

  it('one that knows no control codes sees none', async () => {
    const screen = asJob(['psql', 'prod-db', '-Atc', 'select 1'], environment({TERM: 'dumb'}))
    const {status, text} = await aftermath(screen)
    expect(status).toBe(0)
    expect(text).toMatch(/^Database: [^]*Login: alice, by IAM token\r\n1\r\n$/)
    expect(text).not.toContain('\u001B')
  })

  it('of 80 columns: no line is broken within a word', async () => {
    const screen = asJob(['psql', 'orders:analytics', '-Atc', 'select 1'], environment())
    const {plain, status} = await aftermath(screen)
    expect(status).toBe(0)
    const lines = plain.split('\r\n')
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(lines.slice(-4)).toEqual([
      'orders:analytics is a custom endpoint, for which no token can be signed: its',
      'member orders-3 takes its place.',
      '1',
      '',
    ])
  })
})
