import { quotedName } from '../../core/duckdb.js'
import { MOST_COUNTED } from '../../flatten/readValue.js'
import { columnOf, isTally, seriesColumns, type Column, type Pipeline } from '../../model/pipeline.js'

/**
 * Statements that give the rows of a snapshot, which an older version may have made, the values that their answers would
 * have now: NULL for an empty text and for an implausible counter, and for what follows from such a counter.
 */
export function asReadNow(pipeline: Pipeline): string[] {
  const series = Object.fromEntries(seriesColumns(pipeline))
  return [
    ...corrected('creators', pipeline.columns, pipeline),
    ...corrected('creator_counters', series, pipeline),
    ...pipeline.children.flatMap(({ name, columns }) => corrected(name, columns, pipeline)),
  ]
}

function corrected(table: string, columns: Readonly<Record<string, Column>>, pipeline: Pipeline): string[] {
  const followers = columnOf(pipeline, 'followers')
  const changes = Object.entries(columns).flatMap(([id, column]) => {
    const { type, kind, role } = column
    const name = quotedName(id)
    if (isTally(column) || (kind === 'derived' && type === 'count' && role === 'engagement'))
      return [{ name, isWrong: implausible(name), kept: `${name} BETWEEN 0 AND ${MOST_COUNTED}` }]
    if (role === 'tier' && followers !== undefined && followers in columns) {
      const number = quotedName(followers)
      return [{ name, isWrong: implausible(number), kept: `${number} BETWEEN 0 AND ${MOST_COUNTED}` }]
    }
    return type === 'text' && kind !== 'derived' ? [{ name, isWrong: `${name} = ''`, kept: `${name} <> ''` }] : []
  })
  if (changes.length === 0) return []
  const values = changes.map(({ name, kept }) => `${name} = CASE WHEN ${kept} THEN ${name} END`)
  return [
    `UPDATE ${quotedName(table)} SET ${values.join(', ')} WHERE ${changes.map(({ isWrong }) => isWrong).join(' OR ')}`,
  ]
}

function implausible(name: string): string {
  return `${name} NOT BETWEEN 0 AND ${MOST_COUNTED}`
}
