/** The near side as a process: the native engine, as dbtunnel runs it. */
import {systemClock} from '../../../src/adapters/processes/clock.js'
import {overflow} from '../../../src/adapters/files/overflow.js'
import {webSocketPort} from '../../../src/adapters/network/websocket.js'
import {nativeCarrier} from '../../../src/links/session/native/carrier.js'
import {atLocalEnd} from '../../support/at-local-end.js'
import {quietRun} from '../../support/native-session.js'
import type {SessionGrant} from '../../../src/core/ports/aws.js'
import {converse} from './call.js'

const ask = converse(process, {
  open: async ({grant, uploadRate}: {grant: SessionGrant; uploadRate: number | 'unlimited'}) => {
    const engine = nativeCarrier(
      {
        aws: {
          ssm: {resumeSession: async (id) => ({tokenValue: await ask('resume', id)})},
          signing: {upgradeHeaders: () => Promise.resolve({})},
        },
        webSocket: webSocketPort,
        clock: systemClock,
        overflow,
      },
      {uploadBytesPerSecond: uploadRate},
    )
    const carry = {
      grant,
      bastion: {id: 'i-0123456789abcdef0'},
      region: 'eu-west-1',
      request: {target: 'i-0123456789abcdef0', document: 'AWS-StartPortForwardingSessionToRemoteHost', parameters: {}},
      limits: {webSocketMs: 10_000, handshakeMs: 10_000},
    }
    const session = await atLocalEnd(await engine.open(carry, quietRun()))
    void session.closed.then(({error}) => error && console.error(error))
    return session.localPort
  },
  usage: () => {
    const {rss, heapUsed, arrayBuffers} = process.memoryUsage()
    return {cpu: process.cpuUsage(), rss, heapUsed, arrayBuffers}
  },
})
process.once('disconnect', () => process.exit())
