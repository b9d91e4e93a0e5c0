import { quotedName, type Connection } from '../../core/duckdb.js'
import { Dictionary, type ShownTable } from '../../export/dictionary.js'
import type { SheetColumn } from '../../export/excel/sheetRow.js'
import type { SheetContent } from '../../export/excel/workbookFile.js'
import { wideColumns } from '../../export/exportRows.js'
import { overviewOf } from '../../export/overview.js'
import { overviewAndAll, sheetOf } from '../../export/workbooks.js'
import type { Language } from '../../model/language.js'
import type { Pipeline } from '../../model/pipeline.js'
import { CHOSEN, PLACE, type Selected, type Selection } from './selection.js'

/**
 * The sheets for the chosen rows, in their order: the overview and all columns, or else the columns that were asked for;
 * then what the columns mean.
 */
export async function selectedSheets(
  connection: Connection,
  selected: Selected,
  { columns, mentioned }: Selection,
  pipeline: Pipeline,
  lang: Language,
): Promise<SheetContent[]> {
  const dictionary = await Dictionary.read(connection, pipeline, lang)
  if (columns !== undefined || mentioned) {
    const name = dictionary.text.sheets[mentioned ? 'people' : 'creators']
    const tables: ShownTable[] = mentioned ? ['creator_candidates'] : ['creator_overview', 'creators']
    const asked = selected.columns.map((column): SheetColumn => {
      const isLink = column.name === 'profile_url'
      return { ...column, sql: `s.${quotedName(column.name)}`, ...(isLink && { link: true }) }
    })
    const from = `(SELECT *, row_number() OVER () AS ${PLACE} FROM (${selected.sql}))`
    const titled = dictionary.titled(asked, tables)
    return [
      await sheetOf(connection, { name, frozen: 1, columns: titled, from, alias: 's', by: PLACE }),
      dictionary.sheet(connection, [{ name, columns: dictionary.explain(titled, tables) }]),
    ]
  }
  const overview = await overviewOf(connection, pipeline, CHOSEN, [PLACE])
  const wide = await wideColumns(connection, pipeline)
  const everything = `(SELECT c.*, o.${PLACE} FROM creators AS c JOIN ${CHOSEN} AS o ON o.user_id = c.user_id)`
  return overviewAndAll(connection, dictionary, {
    overview: { columns: overview.columns, from: `(${overview.sql})`, by: PLACE },
    all: {
      ...{ columns: wide.columns, from: everything, by: PLACE },
      parts: { key: PLACE, keys: `SELECT ${PLACE} AS key FROM ${CHOSEN}` },
    },
  })
}
