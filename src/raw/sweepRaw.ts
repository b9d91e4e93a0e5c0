import { rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { namesInFolder, pathExists } from '../core/absent.js'
import { all, openDatabase } from '../core/duckdb.js'
import { baseFolder } from './base.js'
import { mergedFiles, mergedFolder, ownRuns, rawFiles, rawFolder } from './files.js'
import { RAW_KINDS, isCallKind, type RawKind } from './kinds.js'
import { readable, removeRunFolder } from './mergeFiles.js'
import { readManifest, type RawManifest } from './manifest.js'

/**
 * Removes files of `raw/` whose rows are read from another place: a command was cut off between the new manifest and their
 * removal. The folder must be locked. A file that holds anything else stays.
 */
export async function sweepRaw(raw: string): Promise<void> {
  const manifest = await readManifest(raw)
  for (const kind of RAW_KINDS) {
    await sweepRuns(raw, kind, manifest)
    await sweepMerged(raw, kind, manifest)
  }
  await sweepBases(raw, manifest)
}

async function sweepRuns(raw: string, kind: RawKind, manifest: RawManifest): Promise<void> {
  const elsewhere = new Set(
    mergedFiles(manifest, kind).flatMap(({ path, runs }) => (pathExists(join(raw, path)) ? runs : [])),
  )
  if (manifest.base && isCallKind(kind)) manifest.base.runs.forEach((run) => elsewhere.add(run))
  if (elsewhere.size === 0) return
  for (const runId of await ownRuns(raw, kind)) {
    if (elsewhere.has(runId)) await removeRunFolder(rawFolder(raw, kind, runId))
  }
}

/** A merged file that the manifest does not name goes if each of its runs is in other files, or dropped. */
async function sweepMerged(raw: string, kind: RawKind, manifest: RawManifest): Promise<void> {
  const dropped = new Set(isCallKind(kind) ? manifest.base?.runs : [])
  for (const date of await namesInFolder(join(raw, kind))) {
    const month = /^date=(\d{4}-\d{2})$/.exec(date)?.[1]
    if (month === undefined) continue
    const folder = mergedFolder(raw, kind, month)
    for (const name of await namesInFolder(folder)) {
      const path = join(folder, name)
      if (!name.endsWith('.parquet') || relative(raw, path) in manifest.merged) continue
      const held = await Promise.all(
        (await runsOf(path)).map(
          async (run) => dropped.has(run) || (await rawFiles(raw, kind, run, manifest)).length > 0,
        ),
      )
      if (held.every(Boolean)) await rm(path, { force: true })
    }
    if ((await namesInFolder(folder)).length === 0) await removeRunFolder(folder)
  }
}

async function runsOf(path: string): Promise<string[]> {
  const database = await openDatabase(':memory:', { threads: 1 })
  try {
    const rows = await all<{ run_id: string }>(
      database.connection,
      `SELECT DISTINCT run_id FROM ${await readable([path])}`,
    )
    return rows.map(({ run_id }) => run_id)
  } finally {
    await database.close()
  }
}

/** Older and unfinished snapshots go, if the one that counts is there. */
export async function sweepBases(raw: string, { base }: Pick<RawManifest, 'base'>): Promise<void> {
  if (!base || !pathExists(baseFolder(raw, base.folder))) return
  const folder = dirname(baseFolder(raw, base.folder))
  for (const name of await namesInFolder(folder)) {
    if (name !== base.folder) await rm(join(folder, name), { recursive: true, force: true })
  }
}
