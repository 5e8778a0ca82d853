import {defineConfig} from 'vitest/config'
import base from '../config/vitest.config.js'

/** What takes long and rarely breaks: runs that are killed, floods of connections, clients that wait for an impostor. */
export default defineConfig({
  root: base.root as string,
  test: {
    globalSetup: './test/config/environment.ts',
    disableConsoleIntercept: true,
    include: ['test/slow/*.test.ts'],
    maxWorkers: 3,
    maxConcurrency: 3,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    retry: process.env['CI'] ? 1 : 0,
    reporters: ['default', './test/config/closing-line.ts'],
  },
})
