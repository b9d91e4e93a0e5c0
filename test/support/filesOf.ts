import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const SUPPORT = fileURLToPath(new URL('.', import.meta.url))
const TESTS = fileURLToPath(new URL('..', import.meta.url))

/** The files under test/ that these files import or start, and these files themselves. */
export function filesOf(files: readonly string[]): ReadonlySet<string> {
  const seen = new Set(files)
  // The loop also visits the files that are added to the set on the way.
  for (const file of seen) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/'([\w./-]+\.m?js)'/g)) {
      for (const folder of [dirname(file), SUPPORT]) {
        const path = resolve(folder, name!.replace(/\.js$/, '.ts'))
        if (path.startsWith(TESTS) && existsSync(path)) seen.add(path)
      }
    }
  }
  return seen
}
