import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let gc: (() => void) | undefined

/**
 * Collects all JavaScript garbage now. V8 lets its heap grow by a hundred megabytes before it does so by itself, more where
 * its helper threads get no processor, and keeps them while DuckDB works. To be called between batches: it takes milliseconds.
 */
export function collectGarbage(): void {
  if (!gc) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  gc()
}
