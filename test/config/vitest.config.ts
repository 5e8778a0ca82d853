import {defineConfig} from 'vitest/config'

// As root, all of test/e2e writes /etc/hosts, and these look whether it is as it was, or keep a line there for long: each
// beside what never writes it.
const INTERRUPTS = 'test/e2e/interrupts.test.ts'
const HOSTS = 'test/e2e/hosts.test.ts'
const OWN_PORT = 'test/e2e/own-port.test.ts'

/** What holds for every suite. */
export const suite = {
  globalSetup: './test/config/environment.ts',
  disableConsoleIntercept: true,
  // Against hangs only: on a busy machine no test may fail for being slow.
  testTimeout: 90_000,
  hookTimeout: 90_000,
  // Real programs on shared machines: one hiccup is shown (as a retry), and does not hold a change back.
  retry: process.env['CI'] ? 1 : 0,
  reporters: ['default', './test/config/closing-line.ts'],
}

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    ...suite,
    // Most tests wait for other programs: three files beside each other, on two cores, too.
    maxWorkers: 3,
    maxConcurrency: 3,
    projects: [
      {extends: true, test: {name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false}},
      {extends: true, test: {name: 'sandbox', include: ['test/sandbox/**/*.test.ts']}},
      {extends: true, test: {name: 'contract', include: ['test/contract/**/*.test.ts'], isolate: false}},
      {extends: true, test: {name: 'integration', include: ['test/integration/**/*.test.ts'], isolate: false}},
      {extends: true, test: {name: 'interrupts', include: [INTERRUPTS]}},
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [INTERRUPTS, HOSTS, OWN_PORT],
          sequence: {groupOrder: 1},
        },
      },
      {extends: true, test: {name: 'hosts', include: [HOSTS], sequence: {groupOrder: 2}}},
      {extends: true, test: {name: 'own-port', include: [OWN_PORT], sequence: {groupOrder: 3}}},
    ],
  },
})
