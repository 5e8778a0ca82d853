import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import {withoutLines} from '../../src/hosts/plan.js'
import {randomRow} from '../sandbox/agent/behaviour.js'
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

const PRIVATE = 'DBTUNNEL_CHAOS_ETC'
const isRoot = process.getuid?.() === 0

process.exitCode = isRoot && process.env[PRIVATE] === undefined ? onCopyOfEtc() : await main()

/** As root all this happens on a copy of /etc that nobody else sees. The status. */
function onCopyOfEtc(): number {
  const copy = mkdtempSync(join(tmpdir(), 'dbtunnel-chaos-etc-'))
  try {
    // Owners and modes as they are: sudo looks at them. The folder's, too.
    spawnSync('cp', ['-a', '/etc/.', copy])
    // The lines of those that run elsewhere meanwhile are not to be judged.
    const hosts = join(copy, 'hosts')
    writeFileSync(
      hosts,
      withoutLines(readFileSync(hosts), () => true),
    )
    const script = 'mount --bind "$0" /etc && exec "$@"'
    const self = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
    const words = ['-m', '--propagation', 'private', 'sh', '-c', script, copy, ...self, '--seed', String(seed)]
    const {status} = spawnSync('unshare', words, {stdio: 'inherit', env: {...process.env, [PRIVATE]: copy}})
    return status ?? 1
  } finally {
    rmSync(copy, {recursive: true, force: true})
  }
}

async function main(): Promise<number> {
  const random = randomRow(seed)
  const sandbox = await startSandbox()
  const people = peopleOf(sandbox, isRoot)
  const violations: string[] = []
  let unheard = 0
  const counts = new Map<string, number>()
  process.stderr.write(`chaos: ${runs} runs, ${atOnce} at once, seed ${seed}\n`)
  try {
    for (let done = 0; done < runs;) {
      const plans = Array.from({length: Math.min(atOnce, runs - done)}, (_, index) =>
        planOf(done + index + 1, people, random),
      )
      const found = await runBatch(plans, people, sandbox)
      unheard += found.unheard
      for (const {command, victim, signal} of plans) {
        const what = `${command.name}, ${signal} of ${victim}`
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
  process.stdout.write(
    `${String(unheard).padStart(5)}  sessions granted when their dbtunnel was dead already, and never used\n`,
  )
  process.stdout.write(`chaos: ${runs} runs, ${violations.length} violations, seed ${seed}\n`)
  return violations.length === 0 ? 0 : 1
}
