import { join } from 'node:path'
import { z } from 'zod'
import { namesInFolder } from '../core/absent.js'
import { LocalError } from '../core/errors.js'
import { stateFile } from '../core/stateFile.js'
import { RAW_KINDS } from './kinds.js'

const runId = z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{4}$/)

/** The runs whose rows are read from each merged file, by its path under `raw/`. */
const merged = z.record(z.string().regex(/^[a-z]+\/date=\d{4}-\d{2}\/run=all\/part-\d+\.parquet$/), z.array(runId))

const base = z.object({
  /** The folder under `raw/base/`: the id of the run that wrote the snapshot. */
  folder: runId,
  /** The runs whose calls were dropped, because the snapshot holds what was read from them. */
  runs: z.array(runId),
  pipeline: z.string(),
  schema_version: z.number().int(),
  /** Before this time the snapshot holds no history, milliseconds since 1970. */
  history_from: z.number().nullable(),
  tables: z.array(
    z.object({
      name: z.string().regex(/^\w+$/),
      rows: z.number().int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
})

const schema = z.object({ version: z.literal(1), merged, base: base.nullable() })
const file = stateFile(schema, 'put the file back from a backup')

/** The content of `raw/manifest.json`: which files count besides those of single runs. */
export type RawManifest = z.infer<typeof schema>

/** A snapshot of the tables of history, in place of the calls of some runs. */
export type BaseSnapshot = z.infer<typeof base>

function pathIn(raw: string): string {
  return join(raw, 'manifest.json')
}

/** @throws LocalError when the file cannot be read, or is lost: calls would count twice, or not at all */
export async function readManifest(raw: string): Promise<RawManifest> {
  const path = pathIn(raw)
  const manifest = await file.read(path)
  if (manifest) return manifest
  const named = await placesNamed(raw)
  if (named === undefined) return { version: 1, merged: {}, base: null }
  throw new LocalError(
    `missing: ${path}, which says what counts in ${named}; put the file back from a backup: without it, answers would be lost or count twice`,
  )
}

/**
 * Replaces the manifest in one step: from then on other files count. What it names must be durable.
 * @throws LocalError when the file cannot be written: the old one stays
 */
export async function writeManifest(raw: string, manifest: RawManifest): Promise<void> {
  await file.write(pathIn(raw), manifest)
}

/** A folder whose content counts only by the manifest; undefined if there is none, as in a folder that never had a manifest. */
async function placesNamed(raw: string): Promise<string | undefined> {
  if ((await namesInFolder(join(raw, 'base'))).length > 0) return join(raw, 'base')
  for (const kind of RAW_KINDS) {
    for (const date of await namesInFolder(join(raw, kind))) {
      const folder = join(raw, kind, date, 'run=all')
      if (/^date=\d{4}-\d{2}$/.test(date) && (await namesInFolder(folder)).length > 0) return folder
    }
  }
  return undefined
}
