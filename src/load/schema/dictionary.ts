import { all, quotedText, quotedName, runScript, type Connection } from '../../core/duckdb.js'
import type { TableDefinition } from './definition.js'

const VIEW = 'data_dictionary'

/** The columns of the view `data_dictionary`. */
export const DICTIONARY = {
  table_name: 'Table or view.',
  column_name: 'Column.',
  type: 'SQL type.',
  source_path: "Path of the value in the API's profile; NULL for computed columns.",
  description: 'Meaning of the column.',
} as const

interface Entry {
  readonly table_name: string
  readonly column_name: string
  readonly type: string
  readonly source_path: string | null
  readonly description: string | null
}

const TABLE_COLUMNS = `
SELECT column_name, data_type AS type, comment AS description, table_name
FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal
ORDER BY table_name, column_index`

/**
 * Writes the view `data_dictionary` as plain values, so that it shows the same wherever the file is attached. Types and
 * descriptions are read from the database, where the definitions put them; source paths come from the definitions.
 */
export async function writeDictionary(connection: Connection, definitions: readonly TableDefinition[]): Promise<void> {
  const sources = new Map(
    definitions.flatMap((table) => table.columns.map(({ name, source }) => [`${table.name}.${name}`, source] as const)),
  )
  const columns = await all<Omit<Entry, 'source_path'>>(connection, TABLE_COLUMNS)
  const others = columns.filter((column) => column.table_name !== VIEW)
  const entries = others.map((column): Entry => {
    return { ...column, source_path: sources.get(`${column.table_name}.${column.column_name}`) ?? null }
  })
  for (const [column_name, description] of Object.entries(DICTIONARY)) {
    entries.push({ table_name: VIEW, column_name, type: 'VARCHAR', source_path: null, description })
  }
  const rows = entries.map((entry) => `(${cells(entry).join(', ')})`).join(',\n  ')
  const names = Object.keys(DICTIONARY).map(quotedName).join(', ')
  await runScript(connection, [
    `CREATE OR REPLACE VIEW ${VIEW} AS SELECT * FROM (VALUES\n  ${rows}\n) AS entries(${names})`,
    `COMMENT ON VIEW ${VIEW} IS 'Every published table and view, column by column.'`,
    ...Object.entries(DICTIONARY).map(
      ([name, description]) => `COMMENT ON COLUMN ${VIEW}.${quotedName(name)} IS ${quotedText(description)}`,
    ),
  ])
}

function cells(entry: Entry): string[] {
  const texts = Object.keys(DICTIONARY).map((name) => entry[name as keyof Entry])
  return texts.map((text) => (text === null ? 'NULL' : quotedText(text)))
}
