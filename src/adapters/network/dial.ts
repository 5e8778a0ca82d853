import {connect} from 'node:net'
import type {DialPort} from '../../core/ports/network.js'

/** In this order: where /etc/hosts has only `::1 localhost`, a program that listens on localhost is found by the second. */
const LOOPBACKS = [
  {address: '127.0.0.1', family: 4},
  {address: '::1', family: 6},
]
/** This machine refuses at once; without this, Node would go on to the next after a quarter of a second. */
const REFUSAL_MS = 5000

export const dialPort: DialPort = {
  dial: (port) =>
    connect({
      port,
      host: 'localhost',
      lookup: (_name, _options, found) => found(null, LOOPBACKS),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: REFUSAL_MS,
      allowHalfOpen: true,
      noDelay: true,
    }),
}
