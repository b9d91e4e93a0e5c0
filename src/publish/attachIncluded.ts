import { quotedName, type Connection } from '../core/duckdb.js'
import { layoutOf, type Layout } from '../dataFolder/layout.js'
import type { IncludedRows } from '../export/exportRows.js'
import { includedColumns, includedTable, includedViewColumns } from '../load/schema/views/includedColumns.js'
import { isBuiltIn } from '../model/isBuiltIn.js'
import { loadPipeline } from '../model/pipeline.js'
import { blankMentions, checkSource, forgottenPeople, insertKnown, withAttached } from './copyIncluded.js'
import { readIncluded } from './includedFolder.js'

const TABLE = 'included.main.people'

/**
 * Attaches the columns that the exports take from the included folder, in memory, to the working database. As in the published
 * file, the rows of the last publish stay if the folder cannot be read; `copyIncluded` says why.
 * @returns undefined without such rows
 */
export async function attachIncluded(connection: Connection, layout: Layout): Promise<IncludedRows | undefined> {
  const included = await readIncluded(layout)
  if (included === undefined || !isBuiltIn(included.pipeline)) return undefined
  const other = await loadPipeline(included.pipeline)
  const shown = includedViewColumns(other)
  const columns = includedColumns(other).map(({ key }, at) => ({ name: key, type: shown[at]!.type }))
  await connection.run(`ATTACH ':memory:' AS included`)
  const defined = columns.map(({ name, type }) => `${quotedName(name)} ${type}`)
  await connection.run(`CREATE TABLE ${TABLE} (${['user_id VARCHAR', ...defined].join(', ')})`)
  const insert = (table: string) => connection.run(insertKnown(TABLE, [{ name: 'user_id' }, ...columns], table))
  try {
    await withAttached(connection, layoutOf(included.data).database, async () => {
      await checkSource(connection, other)
      await insert('creators')
    })
  } catch {
    try {
      await withAttached(connection, layout.database, () => insert(includedTable(other)))
    } catch {
      return undefined
    }
  }
  for (const finder of await forgottenPeople(layout)) await blankMentions(connection, { name: TABLE, columns }, finder)
  return {
    table: TABLE,
    columns: shown.map(({ name, type, sql, description }) => ({ name, type, sql, meaning: description })),
  }
}
