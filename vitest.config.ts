import { defineConfig } from 'vitest/config'
import { CountsReporter } from './test/support/countsReporter.js'
import { LongestFirst } from './test/support/longestFirst.js'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // To import the sources and compile them takes more than a second of each process.
    isolate: false,
    // The heap keeps what DuckDB frees: to give pages back and to fault them in again takes a tenth of a run.
    // Large pages save another twelfth.
    env: {
      MALLOC_TRIM_THRESHOLD_: '1073741824',
      MALLOC_MMAP_THRESHOLD_: '1073741824',
      MALLOC_TOP_PAD_: '67108864',
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    },
    setupFiles: ['test/support/oneThread.ts'],
    // Only against a test that never ends: a slow machine must not fail a test.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    retry: 0,
    globalSetup: ['test/support/build.ts', 'test/support/memoryDisk.ts'],
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new CountsReporter()],
  },
})
