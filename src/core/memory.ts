import { AsyncLocalStorage } from 'node:async_hooks'
import { availableParallelism, totalmem } from 'node:os'

const MB = 1 << 20
const LEAST_MB = 512
const MOST_MB = 1024
/** With less than this DuckDB cannot write a table of 130 columns. */
export const MINIMUM_MB = 160
const MOST_SEAL_MB = 320
/** Each thread needs memory of its own for the wide rows. */
const MOST_THREADS = 8

/** What a person set by `--memory` and `--threads`. */
export interface DatabaseLimits {
  /** In MB. */
  readonly memory?: number | undefined
  readonly threads?: number | undefined
}

let ofProcess: DatabaseLimits = {}
const ofWork = new AsyncLocalStorage<DatabaseLimits>()

/** Sets the limits of all databases that this process opens from now on. Two that work at the same time share the memory. */
export function limitDatabases(limits: DatabaseLimits): void {
  ofProcess = limits
}

/**
 * Does work whose databases have limits of their own. Work with the limits of the process needs no store: before Node 24
 * a store makes every promise of the process slower.
 */
export function withDatabaseLimits<T>(limits: DatabaseLimits, work: () => Promise<T>): Promise<T> {
  const { memory, threads } = givenLimits()
  return memory === limits.memory && threads === limits.threads ? work() : ofWork.run(limits, work)
}

function givenLimits(): DatabaseLimits {
  return ofWork.getStore() ?? ofProcess
}

/** The threads of a database: as many as the machine or its cgroup has processors, up to eight. */
export function databaseThreads(): number {
  return givenLimits().threads ?? Math.min(MOST_THREADS, availableParallelism())
}

/**
 * The memory that DuckDB may use, in MB: a quarter of the machine or of its cgroup, from 512 MB to 1 GB, but never more than
 * half of what is free.
 */
export function databaseMemory(machine: Machine = thisMachine()): number {
  const given = givenLimits().memory
  if (given !== undefined) return given
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

/** Sealing works on one file at a time and needs little; publishing has the rest. In MB. */
export function sharedMemory(): { readonly publish: number; readonly seal: number } {
  const all = databaseMemory()
  const seal = Math.min(MOST_SEAL_MB, Math.floor(all / 3))
  return { publish: Math.max(MINIMUM_MB, all - seal), seal }
}

/** In bytes. */
export interface Machine {
  readonly total: number
  readonly free: number
}

/** The memory of the machine or of its cgroup. */
export function thisMachine(): Machine {
  const limit = process.constrainedMemory()
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return { total, free: process.availableMemory() }
}
