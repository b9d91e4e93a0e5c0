import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { first } from '../database.js'
import { UsageError } from '../errors.js'
import { recoverJournal } from '../journal/recover.js'
import { loadSegments } from '../load/loadCalls.js'
import { checkKind, claimKind } from '../load/schema.js'
import type { House } from './house.js'
import type { World } from './job.js'

export interface Recovered {
  /** Answers that an earlier run paid for and did not load. */
  readonly answers: number
  /** Calls that were under way when it died. */
  readonly unknown: number
  /** Places in its journal that cannot be read. */
  readonly damaged: number
}

/**
 * Loads what earlier runs paid for and could not load, before anything is planned. A working database that knows of no run
 * is filled from the whole journal, with no call.
 * @throws UsageError when there are published files but nothing that they could have been made from: all would be paid again
 */
export async function recover(house: House, { effects }: World): Promise<Recovered> {
  const { layout, warehouse, reader, run } = house
  const { segments, damaged } = await recoverJournal(layout.journal)
  for (const { message } of damaged) effects.log('warn', message)
  const loaded = (await knowsRuns(house)) ? [] : (await recoverJournal(join(layout.journal, 'loaded'))).segments
  // A segment that is not loaded yet may be all that was rescued of a state folder.
  if (loaded.length === 0) await refuseToPayAgain(house)
  const [any] = [...loaded, ...segments]
  if (any === undefined) return { answers: 0, unknown: 0, damaged: damaged.length }
  if (loaded.length > 0) effects.log('warn', `${warehouse.path} is new: rebuilding it from the journal, with no call`)
  const { answers, unknown } = await loadSegments(warehouse, [...loaded, ...segments], reader)
  for (const segment of segments) await segment.markLoaded()
  await claimKind(warehouse.connection, layout.data, any.header.simulated)
  await checkKind(warehouse.connection, layout.data, run.simulated)
  effects.log('info', `resumed: ${answers} answers recovered, ${unknown} calls unknown`)
  return { answers, unknown, damaged: damaged.length }
}

async function knowsRuns({ warehouse }: House): Promise<boolean> {
  return (await first(warehouse.connection, 'SELECT 1 FROM runs LIMIT 1')) !== undefined
}

async function refuseToPayAgain(house: House): Promise<void> {
  const { layout } = house
  if (!existsSync(layout.database) || (await knowsRuns(house))) return
  throw new UsageError(
    `${layout.state} is gone, but ${layout.database} shows that calls were paid: put the state folder back, or give another --data to start anew`,
  )
}
