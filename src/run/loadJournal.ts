import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Effects } from '../core/effects.js'
import { UsageError } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'
import type { AnswerReader } from '../flatten/answerReader.js'
import { recoverJournal, type RecoveredJournal as Left } from '../journal/repairJournal.js'
import { openSegment } from '../journal/segmentReader.js'
import { loadSegments } from '../load/loadCalls.js'
import { countRuns } from '../load/recordRun.js'
import { checkKind, claimKind } from '../load/schema/schema.js'
import type { Warehouse } from '../load/warehouse.js'
import { sealRuns } from '../raw/sealRuns.js'
import type { Job, World } from './context.js'
import type { Fetched } from './fetchDue.js'
import type { OpenRun } from './openRun.js'

export interface RecoveredCalls {
  /** Answers that an earlier run paid for and did not load. */
  readonly answers: number
  /** Calls that were under way when it died. */
  readonly unknown: number
  /** Places in its journal that cannot be read. */
  readonly damaged: number
}

/**
 * Loads what earlier runs paid for and could not load, before anything is planned; seals what they left of lists and
 * receipts, before the rows of a list are replaced.
 * @throws UsageError when there are published files but nothing that they could have been made from: all would be paid again
 */
export async function recover(job: Job, house: OpenRun, { effects }: World): Promise<RecoveredCalls> {
  const { layout, warehouse, reader, run } = house
  const left = await recoverJournal(layout.journal)
  for (const { message } of left.damaged) effects.log('warn', message)
  // A segment that is not loaded yet may be all that was rescued of a state folder.
  if (!job.settings.new) await refuseToPayAgain(house)
  await sealRuns(warehouse.connection, layout.raw)
  const loaded = await loadLeft(warehouse, reader, layout, left, effects)
  await checkKind(warehouse.connection, layout.data, run.simulated)
  return { ...loaded, damaged: left.damaged.length }
}

/** Loads the segments that are left in the journal; they are in `loaded/` afterwards. */
export async function loadLeft(
  warehouse: Warehouse,
  reader: AnswerReader,
  { data }: Layout,
  { segments }: Left,
  effects: Effects,
): Promise<Pick<RecoveredCalls, 'answers' | 'unknown'>> {
  const [any] = segments
  if (any === undefined) return { answers: 0, unknown: 0 }
  const { answers, unknown } = await loadSegments(warehouse, segments, reader)
  for (const segment of segments) await segment.markLoaded()
  await claimKind(warehouse.connection, data, any.header.simulated)
  effects.log('info', `resumed: ${answers} answers recovered, ${unknown} calls unknown`)
  return { answers, unknown }
}

async function refuseToPayAgain({ layout, warehouse }: OpenRun): Promise<void> {
  const traces = [layout.database, join(layout.exports, 'creators.csv')]
  // A link that leads nowhere any more is one, too.
  const trace = traces.find((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false)
  if (trace === undefined || (await countRuns(warehouse.connection)) > 0) return
  throw new UsageError(
    `${layout.state} and ${layout.raw} are gone, but ${trace} shows that calls were paid: put them back, or give --new to start anew and pay again`,
  )
}

/** Loads the calls of this run from its journal segment. */
export async function loadFetched({ segment }: Fetched, { warehouse, reader }: OpenRun): Promise<void> {
  if (segment === undefined) return
  const calls = await openSegment(segment)
  await loadSegments(warehouse, [calls], reader)
  await calls.markLoaded()
}
