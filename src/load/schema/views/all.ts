import { hash } from 'node:crypto'
import { runScript, type Connection } from '../../../core/duckdb.js'
import type { Pipeline } from '../../../model/pipeline.js'
import { creatorCandidates } from './creatorCandidates.js'
import { creatorGrowthDaily } from './creatorGrowthDaily.js'
import { creatorOverview } from './creatorOverview.js'
import { listOverview } from './listOverview.js'
import { topMovers } from './topMovers.js'
import { commentOnView, createView, type ViewDefinition } from './viewDefinition.js'

/** The views for BI. Their names and columns are the same for every pipeline. */
export function viewsOf(pipeline: Pipeline): ViewDefinition[] {
  return [creatorOverview, creatorGrowthDaily, topMovers, creatorCandidates, listOverview].map((view) => view(pipeline))
}

/**
 * Makes all views again if a definition has changed.
 * @param before the fingerprint that an earlier call returned: DuckDB stores a view in other words than its definition
 * @returns the fingerprint of the definitions
 */
export async function writeViews(connection: Connection, pipeline: Pipeline, before: string | null): Promise<string> {
  const statements = viewsOf(pipeline).flatMap((view) => [createView(view), ...commentOnView(view)])
  const now = hash('sha256', statements.join(';\n')).slice(0, 16)
  if (now !== before) await runScript(connection, statements)
  return now
}
