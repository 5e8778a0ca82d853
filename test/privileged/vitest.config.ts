import {defineConfig} from 'vitest/config'
import base from '../config/vitest.config.js'

/** What needs real sudo and changes /etc: on a private copy of it, one after the other. */
export default defineConfig({
  root: base.root as string,
  test: {
    globalSetup: './test/config/environment.ts',
    disableConsoleIntercept: true,
    include: ['test/privileged/*.test.ts'],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    retry: process.env['CI'] ? 1 : 0,
    reporters: ['default', './test/config/closing-line.ts'],
  },
})
