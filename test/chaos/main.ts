import {spawnSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import {withoutLines} from '../../src/hosts/lines.js'
import {randomRow} from '../sandbox/agent.js'
import {startSandbox} from '../sandbox/sandbox.js'
import {runBatch} from './batch.js'
import {peopleOf} from './people.js'
import {planOf} from './plan.js'

// `npm run chaos -- [--runs 60] [--at-once 4] [--seed N]`: kills dbtunnel, its plugin and its helper at random moments of
// random commands, a few at once on one hosts file, and looks at what is left. Status 1 when something is.

const {values} = parseArgs({
  options: {
    runs: {type: 'string', default: '60'},
    'at-once': {type: 'string', default: '4'},
    seed: {type: 'string', default: String(Date.now() % 1_000_000)},
  },
})
const [runs, atOnce, seed] = [Number(values.runs), Number(values['at-once']), Number(values.seed)]

const isRoot = process.getuid?.() === 0
const isPrivate = process.env['PRIVATE_MACHINE'] !== undefined

process.exitCode = isRoot && !isPrivate ? onPrivateMachine() : await main()

/** As root all this happens on a machine of its own, as far as dbtunnel and sudo change it. The status. */
function onPrivateMachine(): number {
  const script = fileURLToPath(new URL('../privileged/private-machine.sh', import.meta.url))
  const self = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  return spawnSync(script, [...self, '--seed', String(seed)], {stdio: 'inherit'}).status ?? 1
}

/** The lines of those that run elsewhere meanwhile are not to be judged. */
function forgetOthers(): void {
  const hosts = readFileSync('/etc/hosts')
  writeFileSync(
    '/etc/hosts',
    withoutLines(hosts, () => true),
  )
}

async function main(): Promise<number> {
  if (isPrivate) forgetOthers()
  const random = randomRow(seed)
  const sandbox = await startSandbox()
  const people = peopleOf(sandbox, isRoot)
  const violations: string[] = []
  let hits = 0
  const counts = new Map<string, number>()
  process.stderr.write(`chaos: ${runs} runs, ${atOnce} at once, seed ${seed}\n`)
  try {
    for (let done = 0, isInstalled = false; done < runs;) {
      if (!isInstalled && done >= runs / 2) {
        people.installHelper()
        isInstalled = true
      }
      const plans = Array.from({length: Math.min(atOnce, runs - done)}, (_, index) =>
        planOf(done + index + 1, people, random),
      )
      const found = await runBatch(plans, people, sandbox)
      hits += found.hit.length
      for (const {command, victim, signal} of found.hit) {
        const what = `${command.name}, ${signal} of ${victim}${victim === 'helper' && isInstalled ? ' (installed)' : ''}`
        counts.set(what, (counts.get(what) ?? 0) + 1)
      }
      for (const one of found.violations) process.stderr.write(`  VIOLATION ${one}\n`)
      violations.push(...found.violations)
      done += plans.length
      process.stderr.write(`  ${done} of ${runs}, violations: ${violations.length}\n`)
    }
  } finally {
    people.close()
    await sandbox.close()
  }
  for (const [what, count] of [...counts].sort()) process.stdout.write(`${String(count).padStart(5)}  ${what}\n`)
  process.stdout.write(`${String(runs - hits).padStart(5)}  whose victim was not there: too early, or over\n`)
  process.stdout.write(`chaos: ${runs} runs, ${violations.length} violations, seed ${seed}\n`)
  return violations.length === 0 ? 0 : 1
}
