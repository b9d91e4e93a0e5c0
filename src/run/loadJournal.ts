import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Effects } from '../core/effects.js'
import { plural } from '../core/text.js'
import type { Layout } from '../dataFolder/layout.js'
import type { AnswerReader } from '../flatten/compile.js'
import { placeLanded } from '../journal/placeLanded.js'
import { repairJournal } from '../journal/repairJournal.js'
import { openSegment } from '../journal/segmentReader.js'
import { loadSegments, loadStaged } from '../load/loadCalls.js'
import { checkKind, claimKind } from '../load/schema/schema.js'
import type { Warehouse } from '../load/warehouse.js'
import { sealRuns } from '../raw/sealRuns.js'
import type { Fetched } from './fetchDue.js'
import type { OpenRun } from './openRun.js'
import { refuseLostCalls } from './refuseLostCalls.js'

export interface RecoveredCalls {
  /** Answers that an earlier run paid for and did not load. */
  readonly answers: number
  /** Calls that were in flight when that run was cut off. */
  readonly unknown: number
  /** Places in the journal that cannot be read. */
  readonly damaged: number
}

/**
 * Loads the calls that earlier runs paid for and did not load, before anything is planned. Seals the lists and receipts of
 * those runs, before this run replaces the rows of a list.
 * @throws UsageError when the folder is of the other kind (simulated or real)
 * @throws UsageError when the calls of earlier runs are gone, wholly or from `raw/`
 */
export async function recoverCalls(run: OpenRun, warehouse: Warehouse): Promise<RecoveredCalls> {
  const { settings, layout, header } = run
  const { connection } = warehouse
  await checkKind(connection, layout.data, header.simulated)
  // Before the first load: afterwards the database has runs, and no longer shows that the state folder was lost.
  if (!settings.new) await refuseLostCalls(run, warehouse)
  await sealRuns(connection, layout.raw)
  const recovered = await loadLeftSegments(run, warehouse)
  await checkKind(connection, layout.data, header.simulated)
  return recovered
}

/** Repairs the journal, loads the segments that earlier runs left in it, and moves them to `loaded/`. */
export async function loadLeftSegments(
  { layout, reader, effects }: { readonly layout: Layout; readonly reader: AnswerReader; readonly effects: Effects },
  warehouse: Warehouse,
): Promise<RecoveredCalls> {
  await placeLanded(layout)
  const { segments, damaged } = await repairJournal(layout.journal)
  for (const { message } of damaged) effects.log('warn', message, 'journal_damaged')
  const [oldest] = segments
  if (oldest === undefined) return { answers: 0, unknown: 0, damaged: damaged.length }
  const { answers, unknown, tooLarge } = await loadSegments(warehouse, segments, reader)
  warnOfLarge(tooLarge, effects)
  for (const segment of segments) await segment.markLoaded()
  await claimKind(warehouse.connection, layout.data, oldest.header.simulated)
  effects.log(
    'info',
    `resumed: ${plural(answers, 'answer')} recovered, ${plural(unknown, 'call')} unknown`,
    'resumed',
    {
      answers,
      unknown,
    },
  )
  return { answers, unknown, damaged: damaged.length }
}

/**
 * Loads the calls of this run: as they are staged, or else from its journal segment, which an earlier load may have moved to
 * `loaded/`.
 */
export async function loadFetched(
  { reader, layout, header, effects }: OpenRun,
  warehouse: Warehouse,
  { segment, staging, useless, stop }: Fetched,
): Promise<void> {
  if (segment === undefined) return
  const moved = join(dirname(segment), 'loaded', basename(segment))
  const calls = await openSegment(existsSync(segment) ? segment : moved)
  // In a database that was rebuilt meanwhile, nothing says so.
  await claimKind(warehouse.connection, layout.data, header.simulated)
  const ending = { useless, stopReason: stop?.reason }
  const staged = staging?.isOf(warehouse.connection)
    ? await loadStaged(warehouse, staging, { header: calls.header, ending })
    : undefined
  const source = { header: calls.header, ending, calls: () => calls.calls() }
  const { tooLarge } = staged ?? (await loadSegments(warehouse, [source], reader))
  warnOfLarge(tooLarge, effects)
  await calls.markLoaded()
}

function warnOfLarge(answers: number, effects: Effects): void {
  if (answers === 0) return
  effects.log(
    'warn',
    `${plural(answers, 'answer')} too large to load: kept in raw/, and failed as too_large_to_load; fetched again when stale`,
    'answers_too_large',
    { answers },
  )
}
