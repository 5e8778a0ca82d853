import type {Checkup, HopResult} from '../core/checkup.js'
import {CATALOG} from '../core/errors.js'
import {examine} from './doctor/examine.js'
import type {DoctorPorts, DoctorRequest} from './doctor/hop.js'
import {hops} from './doctor/hops.js'
import {quietly} from './doctor/quietly.js'
import {supervise} from './supervise.js'

/**
 * Looks at every hop between here and a database, or without a target at those that all databases have in common. `tell`
 * gets each as it is known. What is opened for that is undone. Hops that fail are its result, and no reason to reject.
 */
export async function doctor(
  request: DoctorRequest,
  ports: DoctorPorts,
  tell: (hop: HopResult) => void,
): Promise<Checkup> {
  return supervise(ports, async (run) => {
    const results: HopResult[] = []
    for await (const result of examine(hops, request, ports, {...run, say: quietly(run.say)})) {
      results.push(result)
      tell(result)
    }
    const failing = results.find(({status}) => status === 'fail')
    return {
      target: request.target ?? null,
      healthy: failing === undefined,
      failing: failing?.id ?? null,
      exitCode: failing?.code ? CATALOG[failing.code].exit : 0,
      hops: results,
    }
  })
}
