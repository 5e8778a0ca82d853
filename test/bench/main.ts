import {writeFileSync} from 'node:fs'
import {cpus, loadavg} from 'node:os'
import {parseArgs} from 'node:util'
import {startSandbox} from '../sandbox/sandbox.js'
import {firstRow} from './first-row.js'
import {memory} from './memory.js'
import {psqlExit} from './psql-exit.js'
import {recovery} from './recovery.js'
import {roundTrips} from './round-trips.js'
import type {Row} from './row.js'
import {soak} from './soak.js'
import {startUp} from './start-up.js'
import {transfer} from './transfer.js'

// `npm run bench -- [--only PART] [--mib 1024] [--rest 60] [--json FILE]`: measures what the design promises, as ratios
// within one run, with the Node that runs it. Status 1 when something is missed. `--only soak [--minutes 60]` holds
// tunnels with traffic for as long; Ctrl-C ends that early, with what there is.

const PARTS = [startUp, roundTrips, psqlExit, firstRow, recovery, memory, transfer, soak]

const {values} = parseArgs({
  options: {
    only: {type: 'string', multiple: true},
    mib: {type: 'string', default: '1024'},
    rest: {type: 'string', default: '60'},
    minutes: {type: 'string', default: '60'},
    json: {type: 'string'},
  },
})

const options = {mib: Number(values.mib), restS: Number(values.rest), minutes: Number(values.minutes)}
const rows: Row[] = []
const skipped: string[] = []
const before = loadavg()[0] ?? 0
const sandbox = await startSandbox()
try {
  for (const part of PARTS) {
    if (values.only ? !values.only.includes(part.name) : part.isLong) continue
    process.stderr.write(`${part.name} …\n`)
    const got = await part.measure(sandbox, options)
    if ('skipped' in got) skipped.push(`${part.name}: ${got.skipped}`)
    else rows.push(...got)
  }
} finally {
  await sandbox.close()
}

const verdict = ({isMet}: Row): string => (isMet === undefined ? '' : isMet ? 'met' : 'MISSED')
const load = [before, loadavg()[0] ?? 0].map((one) => one.toFixed(1))
const lines = [
  `| Node ${process.version}, ${process.platform}, ${cpus().length} cores; load ${load.join(' to ')} | measured | must be | |`,
  '|---|---|---|---|',
  ...rows.map((row) => `| ${row.what} | ${row.measured} | ${row.budget ?? ''} | ${verdict(row)} |`),
  ...(skipped.length > 0 ? ['', ...skipped.map((one) => `Skipped: ${one}`)] : []),
]
process.stdout.write(`${lines.join('\n')}\n`)
if (values.json)
  writeFileSync(values.json, `${JSON.stringify({node: process.version, load, rows, skipped}, null, 2)}\n`)
if (rows.some(({isMet}) => isMet === false)) process.exitCode = 1
