import { all, type Connection } from '../core/duckdb.js'
import { NOT_RECOGNISED } from '../model/idParser.js'
import { builtInNames } from '../model/isBuiltIn.js'
import { loadPipeline, type Pipeline } from '../model/pipeline.js'

/** So many rejected cells of a list are shown to the other pipelines. */
const SAMPLE = 200
/** A list may have one row in so many with an id, and seem to be of another pipeline all the same. */
const ACCEPTED_ONE_IN = 20

/**
 * The lists of table `members` of which almost nothing is an id here and most cells are ids of other built-in pipelines, with
 * the names of those. A cell for which this pipeline has a word of its own is of this one.
 */
export async function foreignLists(
  connection: Connection,
  own: Pipeline,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await all<{ list: string; cell: string }>(connection, UNRECOGNISED)
  if (rows.length === 0) return new Map()
  const cellsOf = new Map<string, string[]>()
  for (const { list, cell } of rows) cellsOf.set(list, [...(cellsOf.get(list) ?? []), cell])
  const others = await Promise.all(
    builtInNames()
      .filter((name) => name !== own.name)
      .map(loadPipeline),
  )
  return new Map(
    [...cellsOf].map(([list, cells]) => {
      const reads = (other: Pipeline) => cells.filter((cell) => 'id' in other.parseId(cell)).length * 2 > cells.length
      return [list, others.filter(reads).map(({ name }) => name)]
    }),
  )
}

const NOT_KNOWN = `reason IN (${NOT_RECOGNISED.map((reason) => `'${reason}'`).join(', ')})`
const UNRECOGNISED = `
SELECT list, cell FROM members
WHERE ${NOT_KNOWN} AND list IN (
  SELECT list FROM members GROUP BY list
  HAVING count(*) FILTER (${NOT_KNOWN}) > count(user_id) * ${ACCEPTED_ONE_IN}
)
QUALIFY row_number() OVER (PARTITION BY list ORDER BY row_number) <= ${SAMPLE}`
