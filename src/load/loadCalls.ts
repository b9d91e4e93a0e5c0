import { isOutOfMemory, type Connection } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import type { AnswerReader } from '../flatten/compile.js'
import type { Pipeline } from '../model/pipeline.js'
import { merge, type Merged } from './merge.js'
import { pipelineTables } from './schema/pipelineTables.js'
import { stage, type AnswerSource, type Staged } from './stage.js'
import { dropStaging } from './stagingTables.js'
import { asLocalError, withMemory, type Warehouse } from './warehouse.js'

export interface LoadSummary extends Staged, Merged {
  readonly sources: number
}

/** With more memory than this, large rows cannot be the reason. */
const MOST_MB = 1000

/** Staging needs little, and V8 needs much while it runs. */
const STAGE_MB = 48

/** While DuckDB writes a table, it keeps two blocks of 256 KB a column in memory, and two more on commit. */
function mergeMemory(pipeline: Pipeline): number {
  return 28 + Math.max(...pipelineTables(pipeline).map(({ columns }) => columns.length))
}

/**
 * Loads all calls of some sources: the journal segment of a live run, segments left by runs that were cut off, or the
 * archive. One merge takes all of them or none. A source that is loaded again, or late, leaves the same tables. Afterwards
 * the caller may mark the sources as loaded.
 * @throws UsageError when a source belongs to another pipeline
 * @throws LocalError when disk or memory do not suffice: the tables are as before
 */
export async function loadSegments(
  { connection, path }: Warehouse,
  sources: readonly AnswerSource[],
  reader: AnswerReader,
): Promise<LoadSummary> {
  const { pipeline } = reader
  const other = sources.find(({ header }) => header.pipeline !== pipeline.name)
  if (other) {
    const { runId, pipeline: itsPipeline } = other.header
    throw new UsageError(
      `run ${runId} belongs to the pipeline ${itsPipeline}, not to ${pipeline.name}: give another folder with --data`,
    )
  }
  try {
    const staged = await withMemory(connection, STAGE_MB, (releaseMemory) =>
      stage(connection, sources, reader, releaseMemory),
    )
    const merged = await mergeStaged(connection, pipeline)
    await dropStaging(connection, pipeline)
    return { sources: sources.length, ...staged, ...merged }
  } catch (error) {
    throw asLocalError(error, path)
  }
}

/** Larger rows need more memory. A merge that runs out of memory changes nothing, and is repeated with twice as much. */
async function mergeStaged(connection: Connection, pipeline: Pipeline): Promise<Merged> {
  for (let megabytes = mergeMemory(pipeline); ; megabytes *= 2) {
    try {
      return await withMemory(connection, megabytes, (releaseMemory) => merge(connection, pipeline, releaseMemory))
    } catch (error) {
      if (megabytes > MOST_MB || !isOutOfMemory(error)) throw error
    }
  }
}
