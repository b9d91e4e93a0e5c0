import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

const SUPPORT = fileURLToPath(new URL('.', import.meta.url))
const TESTS = fileURLToPath(new URL('..', import.meta.url))

/** Compiles changed sources to dist/. A run whose test files all work from source does not wait for the compiler. */
export default function build({ vitest }: TestProject): void {
  if (!needDist(vitest.state.getPaths())) return
  execFileSync('make', ['-s', 'build'], { cwd: resolve(TESTS, '..'), stdio: 'inherit' })
}

/** Whether one of these test files, or a file under test/ that it imports or starts, uses dist/ (`#src/` in scripts leads there). */
function needDist(files: readonly string[]): boolean {
  const seen = new Set(files)
  // The loop also visits the files that are added to the set on the way.
  for (const file of seen) {
    const source = readFileSync(file, 'utf8')
    if (/dist\/|#src\//.test(source)) return true
    for (const [, name] of source.matchAll(/'([\w./-]+\.m?js)'/g)) {
      for (const folder of [dirname(file), SUPPORT]) {
        const path = resolve(folder, name!.replace(/\.js$/, '.ts'))
        if (path.startsWith(TESTS) && existsSync(path)) seen.add(path)
      }
    }
  }
  return false
}
