import { defineConfig } from 'vitest/config'
import { CountsReporter } from './test/support/countsReporter.js'
import { LongestFirst } from './test/support/longestFirst.js'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    globalSetup: ['test/support/build.ts', 'test/support/memoryDisk.ts'],
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new CountsReporter()],
  },
})
