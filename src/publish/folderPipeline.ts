import { join } from 'node:path'
import { CONFIG_NAME } from '../config/configFile.js'
import { pathExists } from '../core/absent.js'
import { first, openDatabase, type Connection } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import { layoutOf, type Layout } from '../dataFolder/layout.js'
import { openSegments } from '../journal/openSegments.js'
import { isBuiltIn } from '../model/isBuiltIn.js'
import type { Pipeline } from '../model/pipeline.js'
import { allFiles } from '../raw/files.js'
import { readManifest } from '../raw/manifest.js'
import { parquet } from '../raw/parquet.js'
import { withPublished } from './openPublished.js'
import { namedPipeline } from './ownPipeline.js'

/**
 * The pipeline for a command: that of the data folder, or `--pipeline` for a folder without a run, or else the default. It
 * needs no lock.
 * @throws UsageError when the folder belongs to another pipeline than `--pipeline` names, or the pipeline does not exist
 */
export async function pipelineFor(settings: {
  readonly data: string
  readonly pipeline?: string | undefined
}): Promise<Pipeline> {
  const layout = layoutOf(settings.data)
  const known = await folderPipeline(layout)
  const begun = known ?? (await lookFor(layout, beganWith))
  // Nothing was asked with it: another one may still be chosen.
  if (known === undefined && settings.pipeline !== undefined) return namedPipeline(settings.pipeline)
  return pipelineOf(layout.data, begun, settings.pipeline)
}

/**
 * The pipeline of the folder whose published file this is.
 * @throws UsageError as `pipelineFor`
 */
export async function pipelineOfPublished(
  connection: Connection,
  { data, pipeline }: { readonly data: string; readonly pipeline?: string | undefined },
): Promise<Pipeline> {
  const known = await first<{ pipeline: string }>(connection, PIPELINE)
  return pipelineOf(layoutOf(data).data, known?.pipeline, pipeline)
}

/** A folder only has the name of its pipeline: where a file of one's own is, it must not decide. */
async function pipelineOf(data: string, known: string | undefined, given: string | undefined): Promise<Pipeline> {
  if (given === undefined && known !== undefined && !isBuiltIn(known))
    throw new UsageError(
      `${data} belongs to the pipeline ${known}, which is not a part of creator-enrich: give its file with --pipeline, or as "pipeline" in ${join(data, CONFIG_NAME)}`,
    )
  const pipeline = await namedPipeline(given ?? known)
  if (known !== undefined && pipeline.name !== known)
    throw new UsageError(
      `${data} belongs to the pipeline ${known}, not to ${pipeline.name}: leave out --pipeline, or give another folder with --data`,
    )
  return pipeline
}

const PIPELINE = 'SELECT pipeline FROM data_folder'

type Look = (layout: Layout) => Promise<string | undefined>

/** The name of a folder's pipeline, from the first of these that can be read; undefined before its first call. */
async function folderPipeline(layout: Layout): Promise<string | undefined> {
  for (const look of [publishedPipeline, journalPipeline, rawPipeline]) {
    const name = await lookFor(layout, look)
    if (name !== undefined) return name
  }
  return undefined
}

async function lookFor(layout: Layout, look: Look): Promise<string | undefined> {
  try {
    return await look(layout)
  } catch {
    // The command itself reports a part that cannot be read.
    return undefined
  }
}

/** The pipeline of a first run that ended before its first call, such as one without a token. */
async function beganWith({ warehouse }: Layout): Promise<string | undefined> {
  if (!pathExists(warehouse)) return undefined
  const working = await openDatabase(warehouse, { readOnly: true })
  try {
    return (await first<{ pipeline: string }>(working.connection, PIPELINE))?.pipeline
  } finally {
    await working.close()
  }
}

async function publishedPipeline(layout: Layout): Promise<string | undefined> {
  if (!pathExists(layout.database)) return undefined
  const folder = await withPublished(layout, (connection) => first<{ pipeline: string }>(connection, PIPELINE))
  return folder?.pipeline
}

async function journalPipeline({ journal }: Layout): Promise<string | undefined> {
  if (!pathExists(journal)) return undefined
  const [segment] = await openSegments(journal)
  return segment?.header.pipeline
}

async function rawPipeline({ raw }: Layout): Promise<string | undefined> {
  if (!pathExists(raw)) return undefined
  const { base } = await readManifest(raw)
  const [file] = base ? [] : [...(await allFiles(raw, 'receipts')), ...(await allFiles(raw, 'answers'))]
  if (file === undefined) return base?.pipeline
  const memory = await openDatabase(':memory:', {})
  try {
    const row = await first<{ pipeline: string }>(memory.connection, `SELECT pipeline FROM ${parquet(file)} LIMIT 1`)
    return row?.pipeline
  } finally {
    await memory.close()
  }
}
