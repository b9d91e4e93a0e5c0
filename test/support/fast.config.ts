import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import standard from '../../vitest.config.js'
import { filesOf } from './filesOf.js'

const TESTS = fileURLToPath(new URL('..', import.meta.url))

/** Whole runs, processes, databases on disk and browsers take seconds each. */
const SLOW = /child_process|dist\/|run\/run\.js|commandHere|playwright|openWarehouse|withWarehouse|openRun/
const SLOW_FOLDERS = ['commands/forget/', 'load/', 'raw/', 'read/bounds', 'read/parquet', 'plan/plan.']

/** `make test-fast`: the tests whose files, and whatever they import under test/, do none of it. */
const include = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && !SLOW_FOLDERS.some((folder) => name.startsWith(folder)))
  .filter((name) => ![...filesOf([`${TESTS}${name}`])].some((file) => SLOW.test(readFileSync(file, 'utf8'))))
  .map((name) => `test/${name}`)

export default mergeConfig(
  { ...standard, test: { ...standard.test, include: [] } },
  defineConfig({ test: { include } }),
)
