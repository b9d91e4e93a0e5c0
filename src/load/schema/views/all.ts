import { hash } from 'node:crypto'
import { runScript, type Connection } from '../../../core/duckdb.js'
import type { Pipeline } from '../../../model/pipeline.js'
import { creatorCandidates } from './creatorCandidates.js'
import { creatorGrowthDaily } from './creatorGrowthDaily.js'
import { creatorOverview } from './creatorOverview.js'
import { listOverview } from './listOverview.js'
import { topMovers } from './topMovers.js'
import { commentOnView, createView, type ViewDefinition } from './viewDefinition.js'

/** The views for BI, of the same names and columns for every pipeline. */
export function viewsOf(pipeline: Pipeline): ViewDefinition[] {
  return [creatorOverview, creatorGrowthDaily, topMovers, creatorCandidates, listOverview].map((view) => view(pipeline))
}

/**
 * Makes all views anew if they are not as defined.
 * @param before the fingerprint that an earlier call returned; DuckDB keeps a view in words of its own
 * @returns the fingerprint of the definitions
 */
export async function writeViews(connection: Connection, pipeline: Pipeline, before: string | null): Promise<string> {
  const statements = viewsOf(pipeline).flatMap((view) => [createView(view), ...commentOnView(view)])
  const now = hash('sha256', statements.join(';\n')).slice(0, 16)
  if (now !== before) await runScript(connection, statements)
  return now
}
