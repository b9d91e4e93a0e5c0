import { quotedText } from '../../../core/duckdb.js'
import type { Pipeline } from '../../../model/pipeline.js'
import { ofRole } from '../definition.js'

/** The region of `creators AS c` without blanks around it, NULL if there is none. */
function regionText(pipeline: Pipeline): string {
  return `nullif(trim(CAST(${ofRole(pipeline, 'region')} AS VARCHAR)), '')`
}

/** A join for a view: `place.name` is the province that the region names in any of its ways, `''` for a word like "unknown". */
export function regionJoin(pipeline: Pipeline): string {
  const { provinces, unknown } = pipeline.regions ?? { provinces: {}, unknown: [] }
  const places = Object.entries(provinces).flatMap(([name, others]) => [name, ...others].map((each) => [each, name]))
  const rows = [...places, ...unknown.map((each) => [each, ''])].map(
    ([shown, name]) => `(${quotedText(shown!.toLowerCase())}, ${quotedText(name!)})`,
  )
  // Without a row there is no VALUES.
  if (rows.length === 0)
    return `\nLEFT JOIN (SELECT NULL AS shown, NULL AS name WHERE FALSE) AS place ON place.shown IS NOT NULL`
  return `\nLEFT JOIN (VALUES ${rows.join(', ')}) AS place(shown, name) ON place.shown = lower(${regionText(pipeline)})`
}

/** SQL for the region, beside `regionJoin`: a province under one name, a country as the platform shows it. */
export function regionName(pipeline: Pipeline): string {
  return `nullif(coalesce(place.name, ${regionText(pipeline)}), '')`
}

/** SQL for what the region is: `province` or `country`; NULL if that is not known. */
export function regionKind(pipeline: Pipeline): string {
  if (pipeline.regions === undefined) return 'NULL'
  return `CASE WHEN place.name <> '' THEN 'province' WHEN place.name IS NULL AND ${regionText(pipeline)} IS NOT NULL THEN 'country' END`
}
