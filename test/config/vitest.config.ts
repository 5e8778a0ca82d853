import {defineConfig} from 'vitest/config'

/** One project a suite. e2e files share real things (/etc/hosts, the CPU), so they run alone, one at a time. */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    disableConsoleIntercept: true,
    // Against hangs only: on a busy machine no test may fail for being slow.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    reporters: ['default', './test/config/closing-line.ts'],
    projects: [
      {extends: true, test: {name: 'unit', include: ['test/unit/**/*.test.ts', 'test/sandbox/**/*.test.ts']}},
      {extends: true, test: {name: 'contract', include: ['test/contract/**/*.test.ts']}},
      {extends: true, test: {name: 'integration', include: ['test/integration/**/*.test.ts']}},
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          // After all others, which write to /etc/hosts, too.
          sequence: {groupOrder: 1},
        },
      },
    ],
  },
})
