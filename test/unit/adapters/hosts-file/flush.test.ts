import {expect, test} from 'vitest'
import {flushCommands, flushResolver} from '../../../../src/adapters/hosts-file/flush.js'

test('macOS’s resolver is told, by programs at their own places; no other is', async () => {
  expect(flushCommands('darwin')).toEqual([
    ['/usr/bin/dscacheutil', '-flushcache'],
    ['/usr/bin/killall', '-HUP', 'mDNSResponder'],
  ])
  expect(flushCommands('linux')).toEqual([])
})

test('where these programs are missing, nothing fails', async () => {
  await flushResolver('darwin')
})
