import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What V8 may hold. Below it a collection, some 30 ms, would gain nothing; above it, one after the other makes it smaller. */
const MODEST = 64 << 20

let gc: (() => void) | undefined

/**
 * Makes V8 give back what it holds without need: it lets its heap grow by a hundred megabytes of garbage before it collects,
 * more where its helper threads get no processor, and keeps them while DuckDB works. To be called between batches.
 */
export function collectGarbage(): void {
  if (getHeapStatistics().total_heap_size < MODEST) return
  if (!gc) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  gc()
}
