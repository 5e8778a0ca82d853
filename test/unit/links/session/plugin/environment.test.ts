import {describe, expect, it} from 'vitest'
import {pluginEnvironment, temporaryFolder} from '../../../../../src/links/session/plugin/environment.js'

describe('what a plugin gets of our environment', () => {
  const needed = {
    HOME: '/home/alice',
    PATH: '/usr/bin',
    LANG: 'C.UTF-8',
    LC_ALL: 'C',
    AWS_PROFILE: 'dev',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SESSION_TOKEN: 'token',
    AWS_CA_BUNDLE: '/ca.pem',
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'c',
    HTTPS_PROXY: 'http://p:1',
    https_proxy: 'http://p:1',
    NO_PROXY: '*',
    SSL_CERT_FILE: '/ca.pem',
  }
  const never = {
    PGPASSWORD: 'secret',
    PGSERVICE: 'prod',
    DBTUNNEL_URL: 'postgresql://elsewhere',
    DBTUNNEL_CA_BUNDLE: '/rds.pem',
    AWS_SSM_START_SESSION_RESPONSE_1: '{}',
    EMPTY: undefined,
  }
  const others = {
    NODE_OPTIONS: '--inspect',
    NODE_DEBUG: 'http',
    VAULT_TOKEN: 'secret',
    GITHUB_TOKEN: 'secret',
    TERM: 'x',
  }

  it('is what it needs for AWS and the network, and nothing more', () => {
    const environment = {...needed, ...never, ...others}
    expect(pluginEnvironment(environment, {more: {TMPDIR: '/t'}})).toEqual({...needed, TMPDIR: '/t'})
  })

  it('is what a program may need that gives its credentials, too, but never the database client’s', () => {
    const environment = {...needed, ...never, ...others}
    expect(pluginEnvironment(environment, {startsProgram: true})).toEqual({...needed, ...others})
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
