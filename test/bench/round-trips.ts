import {sequentialRoundTrips} from '../sandbox/aws.js'
import {run} from '../support/dbtunnel.js'
import {atMost, type Part, type Row} from './row.js'

/** With this much latency, requests that are sent together are seen together. */
const LATENCY_MS = 200
const MOST = {cold: 3, warm: 1}

export const roundTrips: Part = {
  name: 'round trips',
  async measure(sandbox) {
    const env = sandbox.env()
    const restore = sandbox.aws.disturbances.add({action: '*', effect: {kind: 'delay', ms: LATENCY_MS}})
    const rows: Row[] = []
    for (const start of ['cold', 'warm'] as const) {
      const from = sandbox.aws.log.length
      const {status, stderr} = await run(['psql', 'prod-db', '-Atc', 'select 1'], {env})
      if (status !== 0) throw new Error(stderr)
      const log = sandbox.aws.log.slice(from).filter(({action}) => action !== 'ssm:TerminateSession')
      rows.push(atMost(`AWS round trips in sequence, ${start}`, sequentialRoundTrips(log), MOST[start], String))
    }
    restore()
    return rows
  },
}
