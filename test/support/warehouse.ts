import { onTestFinished } from 'vitest'
import type { Lock } from '../../src/dataFolder/lock.js'
import { withWarehouse, type Warehouse } from '../../src/load/warehouse.js'
import type { Pipeline } from '../../src/model/pipeline.js'

/** A working database that stays open over several steps of a test. */
export interface HeldWarehouse extends Warehouse {
  /** Closes the database; with the test at the latest. */
  close(): Promise<void>
}

/** Opens the working database of a locked folder until `close`, or the end of the test. */
export async function openWarehouse(lock: Lock, pipeline: Pipeline): Promise<HeldWarehouse> {
  let release!: () => void
  const released = new Promise<void>((resolve) => (release = resolve))
  let closed!: Promise<void>
  const warehouse = await new Promise<Warehouse>((resolve, reject) => {
    closed = withWarehouse({ lock, pipeline }, (opened) => {
      resolve(opened)
      return released
    })
    closed.catch(reject)
  })
  const close = () => {
    release()
    return closed
  }
  onTestFinished(close)
  return { ...warehouse, close }
}
