import type { Connection } from '../core/duckdb.js'
import type { Pipeline } from '../model/pipeline.js'

/** What the sections of a report are made from. */
export interface ReportSource {
  /** The published file. */
  readonly connection: Connection
  readonly pipeline: Pipeline
  /** The run that the report tells of. */
  readonly runId: string
  /** When the report is made, milliseconds. */
  readonly now: number
}
