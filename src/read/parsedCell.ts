import type { ParsedId, Pipeline } from '../model/pipeline.js'
import type { RawRow } from './table.js'

/** What one cell of a row holds: by its text, else by the address behind it. */
export function parsedCell({ cells, links }: RawRow, index: number, pipeline: Pick<Pipeline, 'parseId'>): ParsedId {
  const shown = pipeline.parseId(cells[index] ?? '')
  const link = links?.[index]
  if (link === undefined || 'id' in shown || shown.resolve) return shown
  const behind = pipeline.parseId(link)
  return 'id' in behind || behind.resolve ? behind : shown
}
