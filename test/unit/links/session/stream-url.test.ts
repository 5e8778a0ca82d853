import {describe, expect, it} from 'vitest'
import {checkStreamUrl} from '../../../../src/links/session/stream-url.js'

const awsDomains = ['eu-west-1.amazonaws.com', 'eu-west-1.api.aws']

const refusedBy = (streamUrl: string, domains: readonly string[] | undefined) => (): unknown =>
  checkStreamUrl({streamUrl, awsDomains: domains})

describe('a stream that AWS names', () => {
  it.each([
    'wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/alice-1?role=publish_subscribe&cell-number=AAE',
    'wss://ssmmessages-fips.eu-west-1.amazonaws.com/v1/data-channel/alice-1',
    'wss://ssmmessages.eu-west-1.api.aws/v1/data-channel/alice-1',
  ])('%s is at AWS', (url) => {
    expect(refusedBy(url, awsDomains)).not.toThrow()
  })

  it.each([
    'ws://10.0.0.9:80/x?secret=S',
    'ws://127.0.0.1:4000/x?secret=S',
    'ws://ssmmessages.eu-west-1.amazonaws.com/x?secret=S',
    'wss://10.0.0.9/x?secret=S',
    'wss://evil.example/x?secret=S',
    'wss://ssmmessages.eu-west-1.amazonaws.com.evil.example/x?secret=S',
    'wss://ssmmessages.eu-west-1.amazonaws.com:4443/x?secret=S',
    'wss://ssmmessages.eu-west-1.amazonaws.com@evil.example/x?secret=S',
    'wss://ssmmessages.eu-central-1.amazonaws.com/x?secret=S',
    'wss://ssmmessages.eu-west-1.amazonaws.com.cn/x?secret=S',
    // These are customers' own, below AWS's name.
    'wss://a1b2c3.execute-api.eu-west-1.amazonaws.com/x?secret=S',
    'wss://ssmmessages.s3.eu-west-1.amazonaws.com/x?secret=S',
    'wss://eu-west-1.amazonaws.com/x?secret=S',
    'wss://evilssmmessages.eu-west-1.amazonaws.com/x?secret=S',
    'secret=S',
    '',
  ])('%s is not at AWS, and is refused without its query', (url) => {
    const refusal = {code: 'PROTOCOL', message: expect.not.stringContaining('secret')}
    expect(refusedBy(url, awsDomains)).toThrow(expect.objectContaining(refusal))
  })
})

describe('a stream that an endpoint of one’s own names', () => {
  it.each([
    'wss://ssmmessages.example.com/x',
    'wss://10.0.0.9/x',
    'ws://127.0.0.1:4000/x',
    'ws://localhost:4000/x',
    'ws://[::1]:4000/x',
  ])('%s is taken', (url) => {
    expect(refusedBy(url, undefined)).not.toThrow()
  })

  it.each([
    'ws://10.0.0.9/x?secret=S',
    'ws://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/alice-1?secret=S',
    'ws://127.0.0.1.evil.example/x?secret=S',
    'ws://localhost@evil.example/x?secret=S',
    'https://127.0.0.1/x?secret=S',
    'file:///etc/passwd?secret=S',
    'secret=S',
    '',
  ])('%s is not encrypted, and is refused without its query', (url) => {
    const refusal = {code: 'PROTOCOL', message: expect.not.stringContaining('secret')}
    expect(refusedBy(url, undefined)).toThrow(expect.objectContaining(refusal))
  })
})
