import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../core/atomicFile.js'
import { all, first } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { LocalError } from '../core/errors.js'
import type { Lock } from '../dataFolder/lock.js'
import type { AnswerReader } from '../flatten/answerReader.js'
import { recoverJournal } from '../journal/repairJournal.js'
import { loadSegments } from '../load/loadCalls.js'
import { countRuns } from '../load/recordRun.js'
import { claimKind } from '../load/schema/schema.js'
import type { AnswerSource } from '../load/stage.js'
import { DamagedWarehouse, openWarehouse, type Warehouse } from '../load/warehouse.js'
import { paidCalls, readTombstones } from '../privacy/tombstones.js'
import { rawRuns } from '../raw/files.js'
import { RawStore } from '../raw/readCalls.js'
import { missingFrom, restoreRuns } from '../raw/restoreRuns.js'
import { sealRuns } from '../raw/sealRuns.js'

/** What a database was rebuilt from. */
export interface RebuiltWarehouse {
  /** Closed, not yet in its place, absolute. */
  readonly path: string
  readonly runs: number
  readonly answers: number
  readonly calls: number
}

/** Calls that are staged and merged at once; whole runs, so it may be more. */
const CALLS_A_LOAD = 100_000

/**
 * Builds a working database beside the one that is there, from `raw/` and the journal alone, with no call.
 * @param options `lossy`: go on without what the receipts know of and `raw/` has no more
 * @throws LocalError when something in `raw/` is damaged or missing, or disk or memory do not suffice
 */
export async function rebuildWarehouse(
  lock: Lock,
  reader: AnswerReader,
  { lossy = false } = {},
): Promise<RebuiltWarehouse> {
  const { raw, journal, data, forgotten, warehouse: place } = lock.layout
  const erased = paidCalls(await readTombstones(forgotten))
  const path = `${place}.rebuilt`
  for (const file of [path, `${path}.wal`]) await rm(file, { force: true })
  const warehouse = await openWarehouse(lock, reader.pipeline, path)
  const store = await RawStore.open(raw)
  try {
    const built = { path, runs: 0, answers: 0, calls: 0 }
    let simulated: boolean | undefined
    const load = async (sources: readonly AnswerSource[]) => {
      const { calls, answers } = await loadSegments(warehouse, sources, reader)
      built.calls += calls
      built.answers += answers
      simulated ??= sources[0]?.header.simulated
    }
    let group: AnswerSource[] = []
    let size = 0
    for await (const run of store.runs()) {
      group.push(run)
      size += run.size
      if (size < CALLS_A_LOAD) continue
      await load(group)
      group = []
      size = 0
    }
    for (const folder of [join(journal, 'loaded'), journal]) group.push(...(await recoverJournal(folder)).segments)
    await load(group)
    await restoreRuns(warehouse.connection, raw)
    const missing = lossy ? undefined : await missingFrom(warehouse.connection, erased)
    if (missing !== undefined) throw incomplete(raw, missing)
    simulated ??= await kindOfRuns(warehouse)
    if (simulated !== undefined) await claimKind(warehouse.connection, data, simulated)
    built.runs = await countRuns(warehouse.connection)
    return built
  } finally {
    store.close()
    await warehouse.close()
  }
}

function incomplete(raw: string, missing: string): LocalError {
  return new LocalError(
    `${raw} is not complete: ${missing}; put it back from a backup, or move away the receipt of that run, too, if all of it may be paid again. Nothing was changed`,
  )
}

/** Runs that made no call tell the kind, too. */
async function kindOfRuns({ connection }: Warehouse): Promise<boolean | undefined> {
  const row = await first<{ simulated: boolean | null }>(
    connection,
    'SELECT any_value(simulated) AS simulated FROM runs',
  )
  return row?.simulated ?? undefined
}

/** Puts a rebuilt database in the place of the working one, which must be closed. */
export async function replaceWarehouse({ layout }: Lock, { path }: Pick<RebuiltWarehouse, 'path'>): Promise<void> {
  await rm(`${layout.warehouse}.wal`, { force: true })
  await rename(path, layout.warehouse)
  await syncFolder(layout.state)
}

/**
 * Opens the working database. One that is gone, damaged, or lacks runs that `raw/` has is rebuilt first; a damaged file is
 * kept beside its place.
 * @throws LocalError when it cannot be opened, or not be rebuilt
 */
export async function openOrRebuild(
  lock: Lock,
  reader: AnswerReader,
  effects: Effects,
  options: { readonly lossy: boolean },
): Promise<Warehouse> {
  const { warehouse: path, raw } = lock.layout
  try {
    if (existsSync(path)) {
      const warehouse = await openWarehouse(lock, reader.pipeline)
      if (!(await lacksRuns(warehouse, raw))) return warehouse
      await sealRuns(warehouse.connection, raw).finally(() => warehouse.close())
    }
  } catch (error) {
    if (!(error instanceof DamagedWarehouse)) throw error
    effects.log('warn', `${error.message}; it is kept as ${await setAside(lock, path)}`)
  }
  if (!existsSync(path) && existsSync(`${path}.wal`)) await setAside(lock, `${path}.wal`)
  if (await hasAnswers(lock)) {
    effects.log('warn', `${path} is rebuilt from ${raw} and the journal, with no call`)
    await replaceWarehouse(lock, await rebuildWarehouse(lock, reader, options))
  }
  return openWarehouse(lock, reader.pipeline)
}

/** An older copy of the state folder may stand beside a newer `raw/`. */
async function lacksRuns({ connection }: Warehouse, raw: string): Promise<boolean> {
  const known = new Set(
    (await all<{ run_id: string }>(connection, 'SELECT run_id FROM runs')).map(({ run_id }) => run_id),
  )
  for (const kind of SEALED) {
    if ((await rawRuns(raw, kind)).some((runId) => !known.has(runId))) return true
  }
  return false
}

const SEALED = ['receipts', 'answers', 'calls'] as const

/** Whether there is anything to rebuild from but what the next run loads by itself. */
export async function hasAnswers({ layout: { raw, journal } }: Lock): Promise<boolean> {
  for (const kind of SEALED) {
    if ((await rawRuns(raw, kind)).length > 0) return true
  }
  return (await recoverJournal(join(journal, 'loaded'))).segments.length > 0
}

/** Keeps a damaged file beside its place. @returns where */
export async function setAside({ layout }: Pick<Lock, 'layout'>, path: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const aside = `${path}.damaged-${n}`
    if (existsSync(aside)) continue
    await rename(path, aside)
    await syncFolder(layout.state)
    return aside
  }
}
