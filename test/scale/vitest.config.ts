import {defineConfig} from 'vitest/config'
import base from '../config/vitest.config.js'

/** What takes long because there is much of it. */
export default defineConfig({
  root: base.root as string,
  test: {
    globalSetup: './test/config/environment.ts',
    disableConsoleIntercept: true,
    include: ['test/scale/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 90_000,
    retry: process.env['CI'] ? 1 : 0,
    reporters: ['default', './test/config/closing-line.ts'],
  },
})
