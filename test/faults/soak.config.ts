import { defineConfig } from 'vitest/config'
import { FiguresReporter } from './figuresReporter.js'

/** `make soak`: the scenarios of `make test`, at every point instead of at some, and a fortnight of nights. */
export default defineConfig({
  test: {
    include: ['test/faults/*.test.ts', 'test/faults/*.soak.ts', 'test/fleet/*.soak.ts'],
    env: { FAULTS: 'long' },
    pool: 'forks',
    maxWorkers: 2,
    retry: 0,
    globalSetup: 'test/support/build.ts',
    disableConsoleIntercept: true,
    reporters: ['default', new FiguresReporter()],
  },
})
