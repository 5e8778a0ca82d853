import {expect, test} from 'vitest'
import {opensDebugger} from '../../../../src/adapters/hosts-helper/debugger.js'
import {areRootNodeWords, rootNodeWords} from '../../../../src/adapters/hosts-helper/node-words.js'

/** Ends with its stdin. */
const WAITING = ['-e', 'process.stdin.resume()']

test('a signal opens the debugger of a Node that starts without the words for root', async () => {
  // Not at the usual port: a debugger of someone else's may be there.
  expect(await opensDebugger([process.execPath, '--inspect-port=0', ...WAITING])).toBe(true)
})

test('with the words for root it opens none', async () => {
  expect(await opensDebugger([process.execPath, ...rootNodeWords(), ...WAITING])).toBe(false)
})

test.each([
  [[]],
  [['--openssl-config=/dev/null']],
  [['--openssl-config=/dev/null', '--inspect-port=127.0.0.1:9229']],
  [['--openssl-config=/dev/null', '--inspect-port=240.0.0.1:1024']],
  [[...rootNodeWords(), '--inspect-port=9229']],
  [[...rootNodeWords(), '--disable-sigusr1', '--inspect']],
])('other words are not taken for those for root: %j', (words) => {
  expect(areRootNodeWords(rootNodeWords())).toBe(true)
  expect(areRootNodeWords(words)).toBe(false)
})
