import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A full collection takes some 10 ms and more on a busy machine: it must have something to collect. */
const WORTH_IT = 24 << 20

let gc: (() => void) | undefined
let kept = Infinity

function inUse(): number {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics()
  return heap + outside
}

/**
 * Collects JavaScript's garbage now, if there is enough of it. V8 lets its heap grow by a hundred megabytes before it does so
 * by itself, more where its helper threads get no processor, and keeps them while DuckDB works. To be called between batches.
 */
export function collectGarbage(): void {
  kept = Math.min(kept, inUse())
  if (inUse() < kept + WORTH_IT) return
  if (!gc) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  gc()
  kept = inUse()
}
