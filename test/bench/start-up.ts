import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import nodeModule from 'node:module'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {PROGRAM} from '../support/dbtunnel.js'
import {atMost, median, type Part} from './row.js'

const ROUNDS = 40

/** Nothing but Node, then dbtunnel where it has next to nothing to do; in turns, so that noise meets them all. */
const COMMANDS = {
  'node -e 0': ['-e', '0'],
  'dbtunnel --version': [PROGRAM, '--version'],
  'dbtunnel open prod-db --local-port x': [PROGRAM, 'open', 'prod-db', '--local-port', 'x'],
  'dbtunnel complete -- psql p': [PROGRAM, 'complete', '--', 'psql', 'p'],
}
type Name = keyof typeof COMMANDS

/** Node 22 and newer keep compiled code. */
const START = 'enableCompileCache' in nodeModule ? 2.3 : 2.8

const BUDGETS: readonly [Name, Name, number][] = [
  ['dbtunnel --version', 'node -e 0', START],
  ['dbtunnel open prod-db --local-port x', 'node -e 0', START],
  // What a shell asks when a key is pressed, against a usage error.
  ['dbtunnel complete -- psql p', 'dbtunnel open prod-db --local-port x', 1.2],
]

export const startUp: Part = {
  name: 'start-up',
  async measure(sandbox) {
    const home = await mkdtemp(join(tmpdir(), 'dbtunnel-bench-'))
    await mkdir(join(home, '.config/dbtunnel'), {recursive: true})
    await writeFile(join(home, '.config/dbtunnel/config.yaml'), 'targets:\n  prod-db:\n    region: eu-west-1\n')
    // Nothing else: a setting such as NODE_EXTRA_CA_CERTS makes Node itself slower, and every ratio smaller.
    const env = {PATH: sandbox.env()['PATH'] ?? '', HOME: home}
    const times = new Map<string, number[]>()
    for (let round = -2; round < ROUNDS; round++) {
      for (const [name, argv] of Object.entries(COMMANDS)) {
        const startedAt = performance.now()
        await once(spawn(process.execPath, argv, {env, cwd: home, stdio: 'ignore'}), 'exit')
        // The first rounds fill caches.
        if (round >= 0) times.set(name, [...(times.get(name) ?? []), performance.now() - startedAt])
      }
    }
    await rm(home, {recursive: true})
    const typical = (name: Name): number => median(times.get(name) ?? [])
    return BUDGETS.map(([name, base, most]) =>
      atMost(`\`${name}\` against \`${base}\``, typical(name) / typical(base), most, (ratio) => `${ratio.toFixed(2)}×`),
    )
  },
}
