import { isOutOfMemory } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import { databaseMemory } from '../core/memory.js'
import type { AnswerReader } from '../flatten/compile.js'
import { lowerLimit } from './answerSize.js'
import { merge, type Merged } from './merge.js'
import type { StageLimits } from './readCall.js'
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
 * If the memory does not suffice, the largest answers are set aside until the others fit: each is one failed id.
 * @param memory the memory limit of DuckDB, in MB
 * @throws UsageError when a source belongs to another pipeline
 * @throws LocalError when disk or memory do not suffice: the tables are as before
 */
export async function loadSegments(
  warehouse: Warehouse,
  sources: readonly AnswerSource[],
  reader: AnswerReader,
  memory: () => number = databaseMemory,
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
    let limits: StageLimits = { mostBytes: undefined, largestBytes: 0 }
    for (;;) {
      try {
        return await loadOnce(warehouse, sources, reader, limits, memory)
      } catch (error) {
        const mostBytes = isOutOfMemory(error) ? lowerLimit(limits.largestBytes) : undefined
        if (mostBytes === undefined) throw error
        limits = { mostBytes, largestBytes: 0 }
      }
    }
  } catch (error) {
    throw asLocalError(error, warehouse.path)
  }
}

async function loadOnce(
  { connection }: Warehouse,
  sources: readonly AnswerSource[],
  reader: AnswerReader,
  limits: StageLimits,
  memory: () => number,
): Promise<LoadSummary> {
  try {
    const staged = await withMemory(
      connection,
      (release) => stage(connection, sources, reader, limits, release),
      memory,
    )
    const merged = await withMemory(connection, (release) => merge(connection, reader.pipeline, release), memory)
    return { sources: sources.length, ...staged, ...merged }
  } finally {
    // After a disk failure nothing works on this connection, and that failure is the one to report.
    await dropStaging(connection, reader.pipeline).catch(() => undefined)
  }
}
