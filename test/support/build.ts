import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { filesOf } from './filesOf.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Compiles changed sources to dist/. A run whose test files all work from source does not wait for the compiler. */
export default function build({ vitest }: TestProject): void {
  // `#src/` in scripts leads to dist/.
  const needDist = [...filesOf(vitest.state.getPaths())].some((file) =>
    /dist\/|#src\//.test(readFileSync(file, 'utf8')),
  )
  if (needDist) execFileSync('make', ['-s', 'build'], { cwd: ROOT, stdio: 'inherit' })
}
