import {defineConfig} from 'vitest/config'
import base, {suite} from '../config/vitest.config.js'

/** What takes long and rarely breaks: runs that are killed, floods of connections, clients that wait for an impostor. */
export default defineConfig({
  root: base.root as string,
  test: {
    ...suite,
    include: ['test/slow/*.test.ts'],
    maxWorkers: 3,
    maxConcurrency: 3,
  },
})
