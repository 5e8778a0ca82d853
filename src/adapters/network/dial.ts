import {connect} from 'node:net'
import type {DialPort} from '../../core/ports/network.js'

export const dialPort: DialPort = {
  dial: (port) => connect({port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true}),
}
