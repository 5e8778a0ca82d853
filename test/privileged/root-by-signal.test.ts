import {execFileSync} from 'node:child_process'
import {chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {rootNodeWords} from '../../src/adapters/hosts-helper/node-words.js'
import {HELPER, NODE, PROGRAM} from '../../src/adapters/hosts-helper/places.js'
import {outputOf} from '../support/hosts-children.js'
import {install, setRules, uninstall, USER, WITHOUT_PASSWORD} from './machine.js'

/** Of each way to start the helper. `DBTUNNEL_ATTACK_TRIES=1000` is what a release is tried with. */
const TRIES = Number(process.env['DBTUNNEL_ATTACK_TRIES'] ?? 64)
/** Half of them with the one that Node starts its debugger for; the others are all that sudo passes on. */
const SIGNALS = ['USR2', 'HUP', 'INT', 'QUIT', 'TERM', 'ALRM', 'TSTP', 'CONT'].flatMap((name) => [
  'SIGUSR1',
  `SIG${name}`,
])
/** From the first instruction to a helper that is ready. */
const LONGEST_DELAY_MS = 81
const A_TRY_MS = 2000

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

interface Outcome {
  readonly tries: number
  readonly signalled: number
  readonly ready: number
  readonly killed: number
  /** How often something of root's listened that had not before. */
  readonly listeners: number
  /** How often Node said that its debugger listens. */
  readonly announced: number
  readonly ranAsRoot: number
}

/** The user's own, where they stand: a core dump would be here. */
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dbtunnel-test-'))
  chmodSync(folder, 0o755)
  chownSync(folder, USER.uid, USER.gid)
})
afterAll(() => rmSync(folder, {recursive: true}))
afterEach(() => setRules())

/** As the user, who starts this command through sudo. */
async function attack(command: readonly string[], tries: number, signals: readonly string[]): Promise<Outcome> {
  const words = [process.execPath, script('signal-attack.mjs'), String(tries), String(LONGEST_DELAY_MS)]
  const sudo = ['/usr/bin/sudo', '-n', '--', ...command]
  const inFolder = ['env', `--chdir=${folder}`, ...words, signals.join(), '--', ...sudo]
  const outcome = JSON.parse(await outputOf(script('private-network.sh'), ...inFolder)) as Outcome
  console.log(JSON.stringify(outcome))
  return outcome
}

async function expectNothing(command: readonly string[]): Promise<void> {
  const outcome = await attack(command, TRIES, SIGNALS)
  expect(outcome).toMatchObject({tries: TRIES, listeners: 0, announced: 0, ranAsRoot: 0})
  // It was an attack, and it hit helpers that were starting.
  expect(outcome.signalled).toBeGreaterThan(TRIES * 0.9)
  expect(outcome.ready).toBeGreaterThan(0)
  expect(outcome.ready).toBeLessThan(TRIES)
  expect(readdirSync(folder)).toEqual([])
}

it('the attack is one: a Node without the helper’s words opens its debugger', async () => {
  setRules(WITHOUT_PASSWORD)
  const waiting = join(folder, 'waiting.cjs')
  writeFileSync(waiting, 'setTimeout(() => console.log("ready"), 20); process.stdin.resume()')
  const outcome = await attack([process.execPath, waiting], 20, ['SIGUSR1'])
  rmSync(waiting)
  expect(outcome.listeners).toBeGreaterThan(0)
}, 60_000)

describe('no signal gives the user root', () => {
  describe('through the installed helper', () => {
    beforeAll(install)
    afterAll(uninstall)

    it(
      'when sudo passes it on',
      async () => {
        setRules('Defaults !use_pty')
        await expectNothing([NODE, ...rootNodeWords(), HELPER])
      },
      TRIES * A_TRY_MS,
    )

    it(
      'when sudo gives it a terminal of its own (use_pty)',
      async () => {
        setRules('Defaults use_pty')
        await expectNothing([NODE, ...rootNodeWords(), HELPER])
      },
      TRIES * A_TRY_MS,
    )
  })

  it(
    'through the helper that sudo starts for a password',
    async () => {
      setRules(WITHOUT_PASSWORD)
      await expectNothing([process.execPath, ...rootNodeWords(), PROGRAM])
    },
    TRIES * A_TRY_MS,
  )
})

it('without its words the helper ends at once, also for root', () => {
  const words = rootNodeWords()
  const others = [
    [],
    words.slice(1),
    words.slice(0, 1),
    ['--inspect-port=127.0.0.1:9229', ...words],
    [...words, '--inspect-port=0'],
  ]
  for (const given of others) {
    const start = (): unknown => execFileSync(process.execPath, [...given, PROGRAM], {input: '', stdio: 'pipe'})
    expect(start).toThrow(/this program is for dbtunnel to start/)
  }
})
