import {defineConfig} from 'vitest/config'
import base, {suite} from '../config/vitest.config.js'

/** What needs real sudo and changes /etc: on a private copy of it, one after the other. */
export default defineConfig({
  root: base.root as string,
  test: {
    ...suite,
    include: ['test/privileged/*.test.ts'],
    fileParallelism: false,
  },
})
