import { isOutOfMemory, type Connection } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import type { AnswerReader } from '../flatten/answerReader.js'
import type { Pipeline } from '../model/pipeline.js'
import { merge, type Merged } from './merge.js'
import { pipelineTables } from './schema/pipelineTables.js'
import { stage, type AnswerSource, type Staged } from './stage.js'
import { dropStaging } from './stagingTables.js'
import { asLocalError, withMemory, type Warehouse } from './warehouse.js'

export interface LoadSummary extends Staged, Merged {
  readonly sources: number
}

/** Beyond this it is no longer a matter of rows. */
const MOST_MB = 1000

/** Staging needs little, and V8 needs much at that time. */
const STAGE_MB = 48

/** While a table is written, DuckDB keeps two blocks of 256 KB a column in memory, and on commit two more to copy from. */
function mergeMemory(pipeline: Pipeline): number {
  return 28 + Math.max(...pipelineTables(pipeline).map(({ columns }) => columns.length))
}

/**
 * Loads all calls of some sources: a live run's journal segment, segments left by runs that were cut off, or anything
 * else that has calls. One merge, all or nothing; a source that is loaded again, or late, leaves the same tables.
 * Afterwards the caller may mark the sources as loaded.
 * @throws UsageError when a source belongs to another pipeline
 * @throws LocalError when disk or memory do not suffice: nothing was changed
 */
export async function loadSegments(
  { connection, path }: Warehouse,
  sources: readonly AnswerSource[],
  reader: AnswerReader,
): Promise<LoadSummary> {
  const { pipeline } = reader
  const foreign = sources.find(({ header }) => header.pipeline !== pipeline.name)
  if (foreign) {
    const { runId, pipeline: other } = foreign.header
    throw new UsageError(
      `run ${runId} belongs to the pipeline ${other}, not to ${pipeline.name}: give another folder with --data`,
    )
  }
  try {
    const staged = await withMemory(connection, STAGE_MB, (giveBack) => stage(connection, sources, reader, giveBack))
    const merged = await mergeStaged(connection, pipeline)
    await dropStaging(connection, pipeline)
    return { sources: sources.length, ...staged, ...merged }
  } catch (error) {
    throw asLocalError(error, path)
  }
}

/** Rows that are larger than usual need more: a merge that ran out of memory has changed nothing and is done again with twice as much. */
async function mergeStaged(connection: Connection, pipeline: Pipeline): Promise<Merged> {
  for (let megabytes = mergeMemory(pipeline); ; megabytes *= 2) {
    try {
      return await withMemory(connection, megabytes, (giveBack) => merge(connection, pipeline, giveBack))
    } catch (error) {
      if (megabytes > MOST_MB || !isOutOfMemory(error)) throw error
    }
  }
}
