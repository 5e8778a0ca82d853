import type {Checkup, HopResult} from '../../core/results/checkup.js'
import {CATALOG} from '../../core/errors.js'
import {examine} from './examine.js'
import type {DoctorRequest} from './hop.js'
import type {Ports} from '../../core/ports/ports.js'
import {hops} from './hops.js'
import {quietly} from './quietly.js'
import {supervise} from '../../core/supervise.js'
import {guardPorts} from '../../tunnel/listener/guard-port.js'

/**
 * Looks at every hop between here and a database, or without a target at those that all databases have in common. `tell`
 * gets each as it is known. What is opened for that is undone. Hops that fail are its result, and no reason to reject.
 */
export async function doctor(request: DoctorRequest, given: Ports, tell: (hop: HopResult) => void): Promise<Checkup> {
  return supervise(given, async (run) => {
    // All that connects here is our own.
    const ports = guardPorts({command: 'doctor', settings: {allowOtherUsers: false}}, given, {say: quietly(run.say)})
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
