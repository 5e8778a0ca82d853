import {describe, expect, it} from 'vitest'
import {pluginEnvironment, temporaryFolder} from '../../../../../src/links/session/plugin/environment.js'

describe('what a plugin gets of our environment', () => {
  it('is all but the database client’s, and an older response', () => {
    const environment = {
      HOME: '/home/alice',
      VAULT_ADDR: 'http://127.0.0.1:8200',
      PGPASSWORD: 'secret',
      PGSERVICE: 'prod',
      AWS_SSM_START_SESSION_RESPONSE_1: '{}',
      EMPTY: undefined,
    }
    expect(pluginEnvironment(environment, {TMPDIR: '/t'})).toEqual({
      HOME: '/home/alice',
      VAULT_ADDR: 'http://127.0.0.1:8200',
      TMPDIR: '/t',
    })
  })

  it('is a temporary folder of its own, unless its socket’s path would be too long there', () => {
    expect(temporaryFolder('/tmp/dbtunnel-abcdef')).toEqual({TMPDIR: '/tmp/dbtunnel-abcdef'})
    // The socket: a slash, ten digits, and the name. 103 bytes are the most that every platform takes.
    const socket = '/4294967295_session_manager_plugin_mux.sock'
    expect(temporaryFolder('/'.padEnd(103 - socket.length, 'x'))).not.toEqual({})
    expect(temporaryFolder('/'.padEnd(104 - socket.length, 'x'))).toEqual({})
    expect(temporaryFolder('/'.padEnd(100 - socket.length, 'ü'))).toEqual({})
  })
})
