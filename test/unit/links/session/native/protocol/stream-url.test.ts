import {describe, expect, it} from 'vitest'
import {checkStreamUrl, needsSignature} from '../../../../../../src/links/session/native/protocol/stream-url.js'

describe('stream URLs', () => {
  it.each([
    'wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/alice-1?role=publish_subscribe&cell-number=AAE',
    'ws://127.0.0.1:4000/v1/data-channel/alice-1?role=publish_subscribe',
    'ws://localhost:4000/x',
    'ws://[::1]:4000/x',
  ])('%s is taken as it is', (url) => {
    expect(checkStreamUrl(url)).toBe(url)
  })

  it.each([
    'ws://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/alice-1?secret=S',
    'ws://127.0.0.1.evil.example/x?secret=S',
    'ws://localhost@evil.example/x?secret=S',
    'https://127.0.0.1/x?secret=S',
    'secret=S',
    '',
  ])('%s is refused without its query', (url) => {
    const refused = (): unknown => checkStreamUrl(url)
    expect(refused).toThrow(expect.objectContaining({code: 'PROTOCOL', message: expect.not.stringContaining('secret')}))
  })

  it('are signed by us only when they are not signed already', () => {
    const url = 'wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/alice-1?role=publish_subscribe'
    expect(needsSignature(url)).toBe(true)
    expect(needsSignature(`${url}&X-Amz-Signature=abc`)).toBe(false)
    expect(needsSignature(`${url}&x-amz-date=20261120T000000Z`)).toBe(false)
  })
})
