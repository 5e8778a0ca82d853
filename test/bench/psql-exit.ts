import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {findExecutable} from '../../src/adapters/processes/executables.js'
import {CARRIERS} from '../support/carriers.js'
import {run} from '../support/dbtunnel.js'
import {atMost, median, type Part, type Row} from './row.js'

const ROUNDS = 9
const MOST_MS = 150

export const psqlExit: Part = {
  name: 'psql exit',
  async measure(sandbox) {
    const folder = mkdtempSync(join(tmpdir(), 'bench-psql-'))
    const ended = join(folder, 'ended')
    // psql itself, and then the time.
    const psql = await findExecutable('psql', process.env['PATH'] ?? '')
    const script = `#!/bin/sh\n${psql ?? 'psql'} "$@"\nstatus=$?\ndate +%s%N >${ended}\nexit $status\n`
    writeFileSync(join(folder, 'psql'), script, {mode: 0o755})
    const rows: Row[] = []
    try {
      for (const carrier of CARRIERS) {
        const env = {...sandbox.env(), ...carrier.env}
        const took: number[] = []
        for (let round = 0; round < ROUNDS; round++) {
          const {status, stderr} = await run(['psql', 'prod-db', '-Atc', 'select 1'], {
            env: {...env, PATH: `${folder}:${env['PATH']}`},
          })
          if (status !== 0) throw new Error(stderr)
          took.push(Date.now() - Number(readFileSync(ended, 'utf8')) / 1e6)
        }
        const what = `psql's end to dbtunnel's end, ${carrier.name} engine`
        rows.push(atMost(what, median(took), MOST_MS, (ms) => `${ms.toFixed(0)} ms`))
      }
      return rows
    } finally {
      rmSync(folder, {recursive: true})
    }
  },
}
