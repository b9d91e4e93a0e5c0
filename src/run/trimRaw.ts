import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { first, openDatabase, quotedText, type Connection } from '../core/duckdb.js'
import type { Layout } from '../dataFolder/layout.js'
import { baseFolder, writeBase } from '../raw/base.js'
import { completeReceipts } from '../raw/completeReceipts.js'
import { mergedFiles, monthOf, rawFolder, rawRuns } from '../raw/files.js'
import { CALL_KINDS } from '../raw/kinds.js'
import { readManifest, writeManifest, type BaseSnapshot, type RawManifest } from '../raw/manifest.js'
import { readable, removeRunFolder, withScratch, writeMerged } from '../raw/mergeFiles.js'
import { sweepBases } from '../raw/sweepRaw.js'
import type { OpenRun } from './openRun.js'
import { rebuildWarehouse } from './rebuild.js'

/**
 * Drops the calls of runs that started before a time, after what was read from them is in a new base snapshot. Input rows and
 * receipts stay. The new snapshot and the files without the dropped rows are durable before the manifest makes them count, in
 * one step; only then old files are removed.
 * @param before milliseconds since 1970; undefined: only shorten the snapshot to the history that the tables still have
 * @returns the number of runs whose calls were dropped
 * @throws LocalError or another error when something cannot be read or written: everything counts as before
 */
export async function trimRaw(run: OpenRun, before: number | undefined): Promise<number> {
  const { layout } = run
  const { raw } = layout
  const manifest = await readManifest(raw)
  const dropped = await olderRuns(raw, manifest, before)
  if (dropped.size === 0 && manifest.base === null) return 0
  const isDue = await inWarehouse(layout, async (connection) => {
    if (dropped.size === 0) return (await historyStart(connection)) > (manifest.base?.history_from ?? 0)
    // Without their calls, only the receipts can say which lists they were for.
    await completeReceipts(connection, raw)
    return true
  })
  if (!isDue) return 0

  // From now on a folder without a manifest has lost it.
  await writeManifest(raw, manifest)
  const base = await makeBase(run, manifest.base, dropped)
  const merged = await withoutDropped(layout, manifest, dropped)
  await writeManifest(raw, { ...manifest, merged, base })

  for (const runId of dropped) {
    for (const kind of CALL_KINDS) await removeRunFolder(rawFolder(raw, kind, runId))
  }
  for (const path of Object.keys(manifest.merged)) if (!(path in merged)) await rm(join(raw, path), { force: true })
  await sweepBases(raw, { base })
  return dropped.size
}

async function inWarehouse<T>({ warehouse, temp }: Layout, work: (connection: Connection) => Promise<T>): Promise<T> {
  const database = await openDatabase(warehouse, { readOnly: true, tempDirectory: temp })
  return work(database.connection).finally(() => database.close())
}

/** The time before which the tables have no history, milliseconds; 0: they have all of it. */
async function historyStart(connection: Connection): Promise<number> {
  const sql = 'SELECT epoch_ms(max(history_from)) AS start FROM runs'
  return (await first<{ start: number | null }>(connection, sql))?.start ?? 0
}

/** The runs with calls in `raw/` that started before a time. */
async function olderRuns(raw: string, manifest: RawManifest, before: number | undefined): Promise<ReadonlySet<string>> {
  if (before === undefined) return new Set()
  const runs = await Promise.all(CALL_KINDS.map((kind) => rawRuns(raw, kind, manifest)))
  return new Set(runs.flat().filter((runId) => startOf(runId) < before))
}

/** When a run started, to the second, milliseconds since 1970. */
function startOf(runId: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(runId)!
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}

/** Writes a snapshot of what the older one and the calls of these runs give. */
async function makeBase(run: OpenRun, older: BaseSnapshot | null, calls: ReadonlySet<string>): Promise<BaseSnapshot> {
  const { layout, header, pipeline } = run
  const runs = new Set([...(older?.runs ?? []), ...calls])
  const { path } = await rebuildWarehouse(run, { only: runs })
  const folder = header.runId
  try {
    const built = await openDatabase(path, { readOnly: true, tempDirectory: layout.temp })
    try {
      return await writeBase(built.connection, layout.raw, { folder, runs: [...runs], pipeline })
    } finally {
      await built.close()
    }
  } catch (error) {
    await rm(baseFolder(layout.raw, folder), { recursive: true, force: true })
    throw error
  } finally {
    await rm(path, { force: true })
  }
}

/**
 * Writes merged files again without the dropped runs.
 * @returns the merged files that count then
 */
async function withoutDropped(
  layout: Layout,
  manifest: RawManifest,
  dropped: ReadonlySet<string>,
): Promise<RawManifest['merged']> {
  const { raw } = layout
  const merged = new Map(Object.entries(manifest.merged))
  await withScratch(join(layout.temp, 'trim'), async (connection) => {
    for (const kind of CALL_KINDS) {
      for (const { path, runs } of mergedFiles(manifest, kind)) {
        const kept = runs.filter((runId) => !dropped.has(runId))
        if (kept.length === runs.length) continue
        merged.delete(path)
        if (kept.length === 0) continue
        const source = `(FROM ${await readable([join(raw, path)])} WHERE run_id IN (${kept.map(quotedText).join(', ')}))`
        merged.set(await writeMerged(connection, raw, { kind, month: monthOf(kept[0]!), source }), kept)
      }
    }
  })
  return Object.fromEntries(merged)
}
