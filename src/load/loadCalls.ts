import { UsageError } from '../core/errors.js'
import type { AnswerReader } from '../flatten/compile.js'
import { merge, type Merged } from './merge.js'
import { stage, type AnswerSource, type Staged } from './stage.js'
import { dropStaging } from './stagingTables.js'
import { asLocalError, withMemory, type Warehouse } from './warehouse.js'

export interface LoadSummary extends Staged, Merged {
  readonly sources: number
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
    const staged = await withMemory(connection, (releaseMemory) => stage(connection, sources, reader, releaseMemory))
    const merged = await withMemory(connection, (releaseMemory) => merge(connection, pipeline, releaseMemory))
    await dropStaging(connection, pipeline)
    return { sources: sources.length, ...staged, ...merged }
  } catch (error) {
    throw asLocalError(error, path)
  }
}
