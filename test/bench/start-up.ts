import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {PROGRAM} from '../support/dbtunnel.js'
import {atMost, median, type Part} from './row.js'

const ROUNDS = 40
const MOST = 2.3

/** Nothing but Node, then dbtunnel where it has next to nothing to do; in turns, so that noise meets them all. */
const COMMANDS = {
  'node -e 0': ['-e', '0'],
  'dbtunnel --version': [PROGRAM, '--version'],
  'dbtunnel open prod-db --local-port x': [PROGRAM, 'open', 'prod-db', '--local-port', 'x'],
}

export const startUp: Part = {
  name: 'start-up',
  async measure(sandbox) {
    // Nothing else: a setting such as NODE_EXTRA_CA_CERTS makes Node itself slower, and every ratio smaller.
    const {PATH = '', HOME = ''} = sandbox.env()
    const env = {PATH, HOME}
    const times = new Map<string, number[]>()
    for (let round = -2; round < ROUNDS; round++) {
      for (const [name, argv] of Object.entries(COMMANDS)) {
        const startedAt = performance.now()
        await once(spawn(process.execPath, argv, {env, stdio: 'ignore'}), 'exit')
        // The first rounds fill caches.
        if (round >= 0) times.set(name, [...(times.get(name) ?? []), performance.now() - startedAt])
      }
    }
    const [[, bare] = ['', []], ...ours] = times
    return ours.map(([name, taken]) =>
      atMost(
        `\`${name}\` against \`node -e 0\``,
        median(taken) / median(bare),
        MOST,
        (ratio) => `${ratio.toFixed(2)}×`,
      ),
    )
  },
}
