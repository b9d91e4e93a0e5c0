import { rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { namesInFolder, pathExists } from '../core/absent.js'
import { syncFolder } from '../core/atomicFile.js'
import { all, first, type Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { LocalError } from '../core/errors.js'
import { temporaryName } from '../core/temporaryFile.js'
import type { Layout } from '../dataFolder/layout.js'
import type { Lock } from '../dataFolder/lock.js'
import type { AnswerReader } from '../flatten/compile.js'
import { hasReadableSegments, repairJournal } from '../journal/repairJournal.js'
import { dropHistory } from '../load/dropHistory.js'
import { loadSegments } from '../load/loadCalls.js'
import { countRuns } from '../load/recordRun.js'
import { claimKind, UnusedWarehouse, whyOutdated } from '../load/schema/schema.js'
import type { AnswerSource } from '../load/stage.js'
import { completeSpending } from '../load/spending.js'
import { DamagedWarehouse, withWarehouse, type Warehouse } from '../load/warehouse.js'
import { paidCalls, readTombstones } from '../privacy/tombstones.js'
import { rawRuns } from '../raw/files.js'
import { restoreBase } from '../raw/base.js'
import { readManifest } from '../raw/manifest.js'
import { RawStore } from '../raw/readCalls.js'
import { missingFrom, restoreRuns, splitLoadedRuns } from '../raw/restoreRuns.js'
import { sealRuns } from '../raw/sealRuns.js'

/** A locked data folder, and the reader of its answers. */
export interface LockedFolder {
  readonly lock: Lock
  readonly reader: AnswerReader
  readonly effects: Effects
}

export interface RebuildOptions {
  /** Accept that `raw/` lacks answers that receipts name. */
  readonly lossy?: boolean
  /** The id of a run whose calls are left out, because they are loaded afterwards. */
  readonly without?: string
  /** Load only the calls of these runs from `raw/`, beside the base snapshot. */
  readonly only?: ReadonlySet<string>
}

/** A rebuilt database, and how much it was rebuilt from. */
export interface RebuiltWarehouse {
  /** Closed, not yet in its place, absolute. */
  readonly path: string
  readonly runs: number
  readonly answers: number
  readonly calls: number
}

/** The calls to stage and merge at once, and the bytes of their files. It may be more, because runs are not split. */
const CALLS_A_LOAD = 100_000
const BYTES_A_LOAD = 256 << 20

/**
 * Does the work with the working database. Rebuilds it first if it is missing or damaged, lacks runs that `raw/` has,
 * or was made by a version that read answers in another way. A damaged file is kept beside its place; one of another pipeline
 * in which no run has stored anything is replaced.
 * @throws LocalError when the database can neither be opened nor rebuilt
 * @throws the error of `work`
 */
export async function withCurrentWarehouse<T>(
  folder: LockedFolder,
  work: (warehouse: Warehouse) => Promise<T>,
  options: RebuildOptions = {},
): Promise<T> {
  const { lock, reader, effects } = folder
  const { warehouse: path, raw } = lock.layout
  const place = { lock, pipeline: reader.pipeline }
  let reason: string | undefined
  if (pathExists(path)) {
    const found = { isCurrent: false }
    try {
      const done = await withWarehouse(place, async (warehouse) => {
        reason = await reasonToRebuild(warehouse, raw)
        found.isCurrent = reason === undefined
        if (found.isCurrent) return { result: await work(warehouse) }
        await sealRuns(warehouse.connection, raw)
        return undefined
      })
      if (done) return done.result
    } catch (error) {
      if (error instanceof UnusedWarehouse) await rm(path)
      else if (found.isCurrent || !(error instanceof DamagedWarehouse)) throw error
      else effects.log('warn', `${error.message}; it is kept as ${await setAside(lock, path)}`, 'database_damaged')
    }
  }
  if (!pathExists(path) && pathExists(`${path}.wal`)) await setAside(lock, `${path}.wal`)
  if (await hasAnswers(lock)) {
    const why = reason ? `: ${reason}` : ''
    effects.log('warn', `${path} is rebuilt from ${raw} and the journal, with no call${why}`, 'database_rebuilt')
    await replaceWarehouse(lock, await rebuildWarehouse(folder, options))
  }
  return withWarehouse(place, work)
}

/**
 * Builds a working database beside the one that is there, from `raw/` and the journal alone, with no call.
 * @throws LocalError when something in `raw/` is damaged or missing, or when there is too little disk space or memory
 */
export async function rebuildWarehouse(
  { lock, reader }: Omit<LockedFolder, 'effects'>,
  { lossy = false, without, only }: RebuildOptions = {},
): Promise<RebuiltWarehouse> {
  const { raw, data, forgotten } = lock.layout
  const erased = paidCalls(await readTombstones(forgotten))
  await removeRebuilt(lock.layout)
  const path = temporaryName(rebuiltPath(lock.layout))
  const place = { lock, pipeline: reader.pipeline, path, like: lock.layout.warehouse }
  const build = withWarehouse(place, async (warehouse) => {
    const { connection } = warehouse
    // The receipts come first: they say of which runs the empty answers count.
    await restoreRuns(connection, raw)
    const { base } = await readManifest(raw)
    if (base) await restoreBase(connection, raw, base, reader.pipeline)
    let answers = 0
    let calls = 0
    let simulated: boolean | undefined
    for await (const sources of batchesOfRuns(lock, without, only)) {
      const loaded = await loadSegments(warehouse, sources, reader)
      await splitLoadedRuns(connection, raw)
      answers += loaded.answers
      calls += loaded.calls
      simulated ??= sources[0]?.header.simulated
    }
    const missing = lossy ? undefined : await missingFrom(connection, erased, only)
    if (missing !== undefined) throw incomplete(raw, missing)
    await completeSpending(connection, reader.pipeline)
    await dropHistory(connection, reader.pipeline)
    simulated ??= await kindOfRuns(connection)
    if (simulated !== undefined) await claimKind(connection, data, simulated)
    return { path, runs: await countRuns(connection), answers, calls }
  })
  return build.catch(async (error: unknown) => {
    await removeRebuilt(lock.layout)
    throw error
  })
}

/** Removes rebuilt databases that are not in their place, and their change logs. */
export async function removeRebuilt(layout: Layout): Promise<void> {
  const rebuilt = basename(rebuiltPath(layout))
  for (const name of await namesInFolder(layout.state)) {
    if (name.startsWith(rebuilt)) await rm(join(layout.state, name), { force: true })
  }
}

function rebuiltPath({ warehouse }: Layout): string {
  return `${warehouse}.rebuilt`
}

/** All calls of a data folder, in groups of whole runs: those of `raw/` first, then those of the journal. */
async function* batchesOfRuns(
  { layout }: Lock,
  without: string | undefined,
  only: ReadonlySet<string> | undefined,
): AsyncGenerator<AnswerSource[]> {
  const store = await RawStore.open(layout.raw)
  try {
    let group: AnswerSource[] = []
    let size = 0
    let bytes = 0
    for await (const run of store.runs()) {
      if (run.header.runId === without || only?.has(run.header.runId) === false) continue
      group.push(run)
      size += run.size
      bytes += run.bytes
      if (size < CALLS_A_LOAD && bytes < BYTES_A_LOAD) continue
      yield group
      group = []
      size = 0
      bytes = 0
    }
    for (const folder of only ? [] : [join(layout.journal, 'loaded'), layout.journal]) {
      const { segments } = await repairJournal(folder)
      group.push(...segments.filter(({ header }) => header.runId !== without))
    }
    yield group
  } finally {
    await store.close()
  }
}

function incomplete(raw: string, missing: string): LocalError {
  return new LocalError(
    `${raw} is not complete: ${missing}; put it back from a backup; or, if all calls of that run may be paid again, move its receipt away as well`,
  )
}

/** Whether the runs are simulated. Receipts say it too, so runs without a call are enough. */
async function kindOfRuns(connection: Connection): Promise<boolean | undefined> {
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

async function reasonToRebuild(warehouse: Warehouse, raw: string): Promise<string | undefined> {
  if (await lacksRuns(warehouse, raw)) return `it lacks runs that ${raw} has`
  return whyOutdated(warehouse.connection)
}

/** Whether `raw/` has runs that the database lacks: after a restore, the state folder may be older than `raw/`. */
async function lacksRuns({ connection }: Warehouse, raw: string): Promise<boolean> {
  const known = new Set(
    (await all<{ run_id: string }>(connection, 'SELECT run_id FROM runs')).map(({ run_id }) => run_id),
  )
  const manifest = await readManifest(raw)
  if (manifest.base?.runs.some((runId) => !known.has(runId))) return true
  for (const kind of SEALED) {
    if ((await rawRuns(raw, kind, manifest)).some((runId) => !known.has(runId))) return true
  }
  return false
}

const SEALED = ['receipts', 'answers', 'calls'] as const

/** Whether there is anything to rebuild from. Segments that the next run loads anyway do not count. */
export async function hasAnswers({ layout: { raw, journal } }: Lock): Promise<boolean> {
  const manifest = await readManifest(raw)
  if (manifest.base) return true
  for (const kind of SEALED) {
    if ((await rawRuns(raw, kind, manifest)).length > 0) return true
  }
  return hasReadableSegments(join(journal, 'loaded'))
}

/**
 * Renames a damaged file, in the same folder.
 * @returns its new path
 */
export async function setAside({ layout }: Pick<Lock, 'layout'>, path: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const aside = `${path}.damaged-${n}`
    if (pathExists(aside)) continue
    await rename(path, aside)
    await syncFolder(layout.state)
    return aside
  }
}
