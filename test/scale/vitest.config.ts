import {defineConfig} from 'vitest/config'
import base, {suite} from '../config/vitest.config.js'

/** What takes long because there is much of it. */
export default defineConfig({
  root: base.root as string,
  test: {
    ...suite,
    include: ['test/scale/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
  },
})
