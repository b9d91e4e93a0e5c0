import type { Connection } from '../core/duckdb.js'
import type { Pipeline } from '../model/pipeline.js'

/** The input of every section of a report. */
export interface ReportSource {
  /** To the published file. */
  readonly connection: Connection
  readonly pipeline: Pipeline
  /** The run that the report describes. */
  readonly runId: string
  /** When the report is made, in milliseconds since 1970. */
  readonly now: number
}
