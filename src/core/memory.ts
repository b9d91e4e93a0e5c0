import { totalmem } from 'node:os'
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

const MB = 1 << 20
const LEAST_MB = 512
const MOST_MB = 1024
/** With less than this DuckDB cannot write a table of 130 columns. */
const MINIMUM_MB = 160

/**
 * The memory that DuckDB may use, in MB: a quarter of the machine or of its cgroup, from 512 MB to 1 GB, but never more than
 * half of what is free.
 */
export function databaseMemory(machine: Machine = thisMachine()): number {
  const share = Math.min(MOST_MB, Math.max(LEAST_MB, machine.total / 4 / MB))
  return Math.floor(Math.max(MINIMUM_MB, Math.min(share, machine.free / 2 / MB)))
}

/**
 * The memory, in MB, that DuckDB may use to read a Parquet file: half of what is free. A page of a column is unpacked whole,
 * and some writers make pages of hundreds of megabytes.
 */
export function parquetMemory(machine: Machine = thisMachine()): number {
  return Math.floor(Math.max(MINIMUM_MB, Math.min(machine.free, machine.total) / 2 / MB))
}

/** In bytes. */
interface Machine {
  readonly total: number
  readonly free: number
}

function thisMachine(): Machine {
  const limit = process.constrainedMemory()
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return { total, free: process.availableMemory() }
}
