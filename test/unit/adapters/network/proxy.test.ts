import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest'
import {proxyFor} from '../../../../src/adapters/network/proxy.js'

const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy', 'ALL_PROXY']
beforeEach(() => {
  for (const name of VARIABLES) vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

const RDS = 'https://rds.eu-west-1.amazonaws.com'
const nameFor = (url: string): string | undefined => proxyFor(new URL(url))?.name

describe('the proxy for a URL', () => {
  it('is the one of its scheme; in lower case first, as with curl', () => {
    expect(nameFor(RDS)).toBeUndefined()
    vi.stubEnv('HTTPS_PROXY', 'http://upper:1')
    vi.stubEnv('HTTP_PROXY', 'http://clear')
    expect(nameFor(RDS)).toBe('upper:1')
    expect(nameFor('wss://ssmmessages.eu-west-1.amazonaws.com/x?y')).toBe('upper:1')
    expect(nameFor('http://example.com')).toBe('clear:80')
    expect(nameFor('ws://example.com')).toBe('clear:80')
    vi.stubEnv('https_proxy', 'lower:3128')
    expect(proxyFor(new URL(RDS))).toMatchObject({name: 'lower:3128', variable: 'https_proxy'})
  })

  it('is not ALL_PROXY, which neither the AWS CLI nor the plugin heeds', () => {
    vi.stubEnv('ALL_PROXY', 'socks5://elsewhere:1080')
    expect(nameFor(RDS)).toBeUndefined()
  })

  it.each([
    'http://127.0.0.1:8080/',
    'https://localhost/',
    'http://[::1]:1/',
    'http://169.254.169.254/latest/',
    'http://169.254.170.2/',
    'http://[fd00:ec2::254]/',
  ])('is none for this machine and what the cloud answers on it: %s', (url) => {
    vi.stubEnv('HTTP_PROXY', 'http://p:1')
    vi.stubEnv('HTTPS_PROXY', 'http://p:1')
    expect(nameFor(url)).toBeUndefined()
  })

  it.each([
    ['*', true],
    ['amazonaws.com', true],
    ['.amazonaws.com', true],
    ['*.amazonaws.com', true],
    ['10.0.0.0/8, corp.example,RDS.eu-west-1.amazonaws.com', true],
    ['rds.eu-west-1.amazonaws.com:443', true],
    ['rds.eu-west-1.amazonaws.com:8443', false],
    ['eu-west-1', false],
    ['zonaws.com', false],
    ['corp.example', false],
    ['', false],
  ])('NO_PROXY=%s', (list, isExempt) => {
    vi.stubEnv('HTTPS_PROXY', 'http://p:1')
    vi.stubEnv('NO_PROXY', list)
    expect(nameFor(RDS) === undefined).toBe(isExempt)
  })

  it.each([
    ['http://ann:s%40cret@p:1', 'ann:s@cret'],
    ['http://ann:100%@p:1', 'ann:100%'],
    ['ann:secret@p:1', 'ann:secret'],
  ])('has user and password apart from its URL: %s', (text, login) => {
    vi.stubEnv('HTTPS_PROXY', text)
    const {url, name, authorization} = proxyFor(new URL(RDS)) ?? {}
    expect([url?.href, name]).toEqual(['http://p:1/', 'p:1'])
    expect(authorization).toBe(`Basic ${Buffer.from(login).toString('base64')}`)
  })

  it.each([
    ['socks5://ann:secret@p:1080', /another kind \(socks5:/],
    ['http://ann:secret@', /not the address of a proxy/],
    ['http://ann:secret@p:99999', /not the address of a proxy/],
  ])('is refused, without its password, where it is none: %s', (text, message) => {
    vi.stubEnv('HTTPS_PROXY', text)
    const find = (): unknown => proxyFor(new URL(RDS))
    expect(find).toThrow(expect.objectContaining({code: 'CONFIG_INVALID', exitCode: 78}))
    expect(find).toThrow(message)
    expect(find).not.toThrow(/secret/)
  })
})
