import { quotedName, type Connection } from '../../core/duckdb.js'
import { Dictionary } from '../../export/dictionary.js'
import type { SheetColumn } from '../../export/excel/sheetRow.js'
import type { SheetContent } from '../../export/excel/workbookFile.js'
import { wideColumns } from '../../export/exportRows.js'
import { overviewOf } from '../../export/overview.js'
import { sheetOf } from '../../export/workbooks.js'
import { pipelineOfPublished } from '../../publish/folderPipeline.js'
import { CHOSEN, PLACE, type Selected, type Selection } from './selection.js'

/**
 * The sheets for the chosen rows, in their order: the overview and all columns, or else the columns that were asked for;
 * then what the columns mean.
 */
export async function selectedSheets(
  connection: Connection,
  selected: Selected,
  { columns, mentioned }: Selection,
): Promise<SheetContent[]> {
  const pipeline = await pipelineOfPublished(connection)
  const dictionary = await Dictionary.read(connection, pipeline)
  if (columns !== undefined || mentioned) {
    const name = mentioned ? 'people' : 'creators'
    const asked = selected.columns.map((column): SheetColumn => {
      const isLink = column.name === 'profile_url'
      return { ...column, sql: `s.${quotedName(column.name)}`, ...(isLink && { link: true }) }
    })
    const from = `(SELECT *, row_number() OVER () AS ${PLACE} FROM (${selected.sql}))`
    const tables = mentioned ? ['creator_candidates'] : ['creator_overview', 'creators']
    return [
      await sheetOf(connection, { name, frozen: 1, columns: asked, from, alias: 's', by: PLACE }),
      dictionary.sheet(connection, [{ name, columns: dictionary.explain(asked, tables) }]),
    ]
  }
  const overview = await overviewOf(connection, pipeline, CHOSEN, [PLACE])
  const wide = await wideColumns(connection, pipeline)
  const everything = `(SELECT c.*, o.${PLACE} FROM creators AS c JOIN ${CHOSEN} AS o ON o.user_id = c.user_id)`
  return [
    await sheetOf(connection, {
      ...{ name: 'overview', frozen: 1, columns: overview.columns, from: `(${overview.sql})`, alias: 'o', by: PLACE },
    }),
    await sheetOf(connection, {
      ...{ name: 'all', frozen: 2, columns: wide.columns, from: everything, alias: 'c', by: PLACE },
      parts: { key: PLACE, keys: `SELECT ${PLACE} AS key FROM ${CHOSEN}` },
    }),
    dictionary.sheet(connection, [
      { name: 'overview', columns: dictionary.explain(overview.columns, ['creator_overview']) },
      { name: 'all', columns: dictionary.explain(wide.columns, ['creators']) },
    ]),
  ]
}
