import { isOutOfMemory } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import type { AnswerReader } from '../flatten/compile.js'
import type { RunHeader } from '../model/call.js'
import { lowerLimit } from './answerSize.js'
import { merge, type Merged } from './merge.js'
import type { StageLimits } from './readCall.js'
import { Staging, type AnswerSource, type RunEnding, type Staged } from './stage.js'
import { dropStaging } from './stagingTables.js'
import { asLocalError, type Warehouse } from './warehouse.js'

export interface LoadSummary extends Staged, Merged {}

/**
 * Loads all calls of some sources: segments left by runs that were cut off, the segment of a live run whose calls could not
 * be staged, or the archive. One merge takes all of them or none. A source that is loaded again, or late, leaves the same
 * tables. Afterwards the caller may mark the sources as loaded.
 * If the memory does not suffice, the largest answers are set aside until the others fit: each is one failed id.
 * @throws UsageError when a source belongs to another pipeline
 * @throws LocalError when disk or memory do not suffice: the tables are as before
 */
export async function loadSegments(
  warehouse: Warehouse,
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
    let limits: StageLimits = { mostBytes: undefined, largestBytes: 0 }
    for (;;) {
      const staging = await Staging.open(warehouse.connection, reader, { limits })
      try {
        for (const source of sources) await staging.source(source)
        return await mergeStaged(warehouse, staging)
      } catch (error) {
        staging.abandon()
        const mostBytes = isOutOfMemory(error) ? lowerLimit(staging.largestBytes) : undefined
        if (mostBytes === undefined) throw error
        limits = { mostBytes, largestBytes: 0 }
      }
    }
  } catch (error) {
    throw asLocalError(error, warehouse.path)
  }
}

/**
 * Loads the calls of a run that are staged over the same connection.
 * @returns undefined if the memory does not suffice: `loadSegments` can load them
 * @throws LocalError as `loadSegments`
 */
export async function loadStaged(
  warehouse: Warehouse,
  staging: Staging,
  { header, ending }: { readonly header: RunHeader; readonly ending: RunEnding },
): Promise<LoadSummary | undefined> {
  try {
    staging.run(header, ending)
    return await mergeStaged(warehouse, staging)
  } catch (error) {
    staging.abandon()
    if (isOutOfMemory(error)) return undefined
    throw asLocalError(error, warehouse.path)
  }
}

async function mergeStaged({ connection }: Warehouse, staging: Staging): Promise<LoadSummary> {
  const { pipeline } = staging
  try {
    staging.close()
    return { ...staging.staged, ...(await merge(connection, pipeline)) }
  } finally {
    // After a disk failure nothing works on this connection, and that failure is the one to report.
    await dropStaging(connection, pipeline).catch(() => undefined)
  }
}
