import {expect, it} from 'vitest'
import {featuresOf} from '../../../../../../src/links/session/native/protocol/agent-version.js'

it.each([
  ['2.3.722.0', false, true],
  ['3.0.196.0', false, true],
  ['3.0.196.1', true, true],
  ['3.0.222.0', true, true],
  ['3.1.1511.0', true, true],
  ['3.1.1512.0', true, false],
  ['3.3.2299.0', true, false],
  ['10.0.0.0', true, false],
  // A source build.
  ['1.2.0.0', false, true],
  ['', false, true],
])('agent %s: multiplexed %s, needs keepalive %s', (version, multiplexed, needsKeepalive) => {
  expect(featuresOf(version)).toEqual({multiplexed, needsKeepalive})
})
