import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What V8 may hold beyond what the program itself takes: below it a collection, some 30 ms, would gain nothing. */
const MODEST = held() + (40 << 20)
/** What must have come since a collection that gained nothing, before the next one. */
const WORTH_IT = 8 << 20

let gc: (() => void) | undefined
let enough = MODEST

/**
 * Makes V8 give back what it holds without need: it lets its heap grow by a hundred megabytes of garbage before it collects,
 * more where its helper threads get no processor, and keeps them while DuckDB works. To be called between batches: V8 gives
 * the emptied pages back only at the collection after, so one after the other makes it smaller.
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

/** Of V8's heap, and of the buffers that hang on it. */
function held(): number {
  const { total_heap_size: heap, external_memory: buffers } = getHeapStatistics()
  return heap + buffers
}
