import {expect, it} from 'vitest'
import {needsSignature} from '../../../../../../src/links/session/native/protocol/stream-url.js'

it('streams are signed by us only when they are not signed already', () => {
  const url = 'wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/alice-1?role=publish_subscribe'
  expect(needsSignature(url)).toBe(true)
  expect(needsSignature(`${url}&X-Amz-Signature=abc`)).toBe(false)
  expect(needsSignature(`${url}&x-amz-date=20261120T000000Z`)).toBe(false)
})
