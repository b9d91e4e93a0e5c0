import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Below this size a collection, which takes some 30 ms, would gain nothing: the program itself and 40 MB. */
const MODEST = held() + (40 << 20)
/** After a collection that gained nothing, the heap must grow by this much before the next one. */
const WORTH_IT = 8 << 20

let gc: (() => void) | undefined
let enough = MODEST

/**
 * Makes V8 return unused memory to the system. By itself V8 collects only after a hundred megabytes of garbage, or more if
 * its helper threads get no processor, and keeps them while DuckDB works. Call it between batches: V8 returns emptied pages
 * only at the next collection, so repeated calls make the heap smaller.
 */
export function collectGarbage(): void {
  const before = held()
  if (before < enough) return
  if (!gc) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  gc()
  const after = held()
  enough = after < before ? MODEST : after + WORTH_IT
}

/** Bytes of V8's heap and of the buffers that belong to it. */
function held(): number {
  const { total_heap_size: heap, external_memory: buffers } = getHeapStatistics()
  return heap + buffers
}
