import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Effects } from '../core/effects.js'
import { UsageError } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'
import type { AnswerReader } from '../flatten/compile.js'
import { repairJournal } from '../journal/repairJournal.js'
import { openSegment } from '../journal/segmentReader.js'
import { loadSegments } from '../load/loadCalls.js'
import { countRuns } from '../load/recordRun.js'
import { checkKind, claimKind } from '../load/schema/schema.js'
import type { Warehouse } from '../load/warehouse.js'
import { sealRuns } from '../raw/seal.js'
import type { Fetched } from './fetchDue.js'
import type { OpenRun } from './openRun.js'

export interface RecoveredCalls {
  /** Answers that an earlier run paid for and did not load. */
  readonly answers: number
  /** Calls that were in flight when that run was cut off. */
  readonly unknown: number
  /** Places in its journal that cannot be read. */
  readonly damaged: number
}

/**
 * Loads what earlier runs paid for and could not load, before anything is planned. Seals what they left of lists and
 * receipts, before the rows of a list are replaced.
 * @throws UsageError when the folder is of the other kind (simulated or real)
 * @throws UsageError when files are published but nothing is left that they were made from: all would be paid again
 */
export async function recoverCalls(run: OpenRun, warehouse: Warehouse): Promise<RecoveredCalls> {
  const { settings, layout, header } = run
  const { connection } = warehouse
  await checkKind(connection, layout.data, header.simulated)
  // The first load may be all that is left of a lost state folder, so this check comes before it.
  if (!settings.new) await refuseToPayAgain(layout, warehouse)
  await sealRuns(connection, layout.raw)
  const recovered = await loadLeftSegments(run, warehouse)
  await checkKind(connection, layout.data, header.simulated)
  return recovered
}

/** Repairs the journal and loads the segments that are left in it; they are in `loaded/` afterwards. */
export async function loadLeftSegments(
  { layout, reader, effects }: { readonly layout: Layout; readonly reader: AnswerReader; readonly effects: Effects },
  warehouse: Warehouse,
): Promise<RecoveredCalls> {
  const { segments, damaged } = await repairJournal(layout.journal)
  for (const { message } of damaged) effects.log('warn', message)
  const [any] = segments
  if (any === undefined) return { answers: 0, unknown: 0, damaged: damaged.length }
  const { answers, unknown } = await loadSegments(warehouse, segments, reader)
  for (const segment of segments) await segment.markLoaded()
  await claimKind(warehouse.connection, layout.data, any.header.simulated)
  effects.log('info', `resumed: ${answers} answers recovered, ${unknown} calls unknown`)
  return { answers, unknown, damaged: damaged.length }
}

/** Loads the calls of this run from its journal segment. */
export async function loadFetched({ reader }: OpenRun, warehouse: Warehouse, { segment }: Fetched): Promise<void> {
  if (segment === undefined) return
  const calls = await openSegment(segment)
  await loadSegments(warehouse, [calls], reader)
  await calls.markLoaded()
}

async function refuseToPayAgain(layout: Layout, { connection }: Warehouse): Promise<void> {
  const traces = [layout.database, join(layout.exports, 'creators.csv')]
  // A link that leads nowhere is a trace as well.
  const trace = traces.find((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false)
  if (trace === undefined || (await countRuns(connection)) > 0) return
  throw new UsageError(
    `${layout.state} and ${layout.raw} are gone, but ${trace} shows that calls were paid: put them back, or give --new to start again and pay again`,
  )
}
