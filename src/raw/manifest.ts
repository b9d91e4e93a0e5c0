import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isAbsent, unreadablePath } from '../core/absent.js'
import { replaceFile } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'

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

const file = z.object({ version: z.literal(1), merged, base: base.nullable() })

/** The content of `raw/manifest.json`: which files count besides those of single runs. */
export type RawManifest = z.infer<typeof file>

/** A snapshot of the tables of history, in place of the calls of some runs. */
export type BaseSnapshot = z.infer<typeof base>

const EMPTY: RawManifest = { version: 1, merged: {}, base: null }

function pathIn(raw: string): string {
  return join(raw, 'manifest.json')
}

/** @throws LocalError when the file exists and cannot be read: calls would count twice, or not at all */
export async function readManifest(raw: string): Promise<RawManifest> {
  const path = pathIn(raw)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isAbsent(error)) return EMPTY
    throw unreadablePath(path, error)
  }
  try {
    return file.parse(JSON.parse(text))
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? 'this version cannot read its content' : messageOf(cause)
    throw new LocalError(`damaged: ${path}: ${problem}; put the file back from a backup`, { cause })
  }
}

/**
 * Replaces the manifest in one step: from then on other files count. What it names must be durable.
 * @throws LocalError when the file cannot be written: the old one stays
 */
export async function writeManifest(raw: string, manifest: RawManifest): Promise<void> {
  const path = pathIn(raw)
  try {
    await replaceFile(path, (part) => writeFile(part, `${JSON.stringify(manifest, null, 1)}\n`))
  } catch (cause) {
    throw new LocalError(
      `cannot write ${path}: ${messageOf(cause)}; ${remedyFor(cause, 'free some space, or make the folder writable')}, then run the same command again`,
      { cause },
    )
  }
}
