import { all, arrays, first, quotedName, type Connection } from '../../core/duckdb.js'
import { plainText, timeText } from '../../export/csvRecord.js'
import type { Pipeline } from '../../model/pipeline.js'
import { IdFinder } from '../../privacy/idFinder.js'
import { mentionsIn } from '../../privacy/mentionsIn.js'
import { writeColumnMeanings, writeLists, writeProfile, writeRuns } from './aboutRows.js'
import { ANOTHER, type PersonCalls } from './answers.js'
import type { CsvRow, ExportFolder } from './exportFolder.js'
import { mentionRow, namedKeys } from './mentions.js'

/** What the published tables say of a person. */
export interface PersonRows {
  /** The newest run in the tables. */
  readonly run: string | null
  readonly simulated: boolean | null
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>
  readonly lists: readonly string[]
  readonly mentions: readonly CsvRow[]
}

/** Tables with our own words about a call: they may name the person whose profile came in place of this one. */
const OF_CALLS = ['failures', 'anomalies']

interface TableColumn {
  readonly name: string
  readonly type: string
}

/** Writes the rows of every published table that are about the person, and collects the others' rows that name the person. */
export async function writeStoredRows(
  connection: Connection,
  id: string,
  pipeline: Pipeline,
  calls: Pick<PersonCalls, 'others' | 'runs'>,
  folder: ExportFolder,
): Promise<PersonRows> {
  const rows: Record<string, number> = {}
  const mentions: CsvRow[] = []
  const runs = new Set(calls.runs)
  for (const [table, columns] of await tablesOf(connection)) {
    const own = ownRows(columns)
    if (own !== undefined) {
      const count = await countOf(connection, table, own, id)
      if (count > 0) {
        rows[table] = count
        for (const run of await runsOf(connection, table, columns, own, id)) runs.add(run)
        const found = cellsOf(connection, table, columns, own, id)
        const clean = cleaned(found, OF_CALLS.includes(table) ? pipeline : undefined, id, calls.others)
        const header = columns.map(({ name }) => name)
        await folder.csv(`tables/${table}.csv`, `rows of table ${table} about this person`, header, clean)
      }
    }
    mentions.push(...(await mentionsInTable(connection, table, columns, own, id, pipeline)))
  }
  await writeProfile(connection, id, folder)
  await writeRuns(connection, [...runs].sort(), folder)
  await writeColumnMeanings(connection, Object.keys(rows), folder)
  const about = await first<{ run: string | null; simulated: boolean | null }>(
    connection,
    'SELECT (SELECT max(run_id) FROM runs) AS run, (SELECT any_value(simulated) FROM data_folder) AS simulated',
  )
  const { run = null, simulated = null } = about ?? {}
  return { run, simulated, rows, lists: await writeLists(connection, id, folder), mentions }
}

async function tablesOf(connection: Connection): Promise<Map<string, TableColumn[]>> {
  const columns = await all<TableColumn & { table: string }>(
    connection,
    `SELECT c.table_name AS "table", c.column_name AS name, c.data_type AS type
     FROM duckdb_columns() AS c JOIN duckdb_tables() AS t USING (database_name, schema_name, table_name)
     WHERE c.database_name = current_database() AND c.schema_name = 'main' ORDER BY c.table_name, c.column_index`,
  )
  const tables = new Map<string, TableColumn[]>()
  for (const { table, name, type } of columns) tables.set(table, [...(tables.get(table) ?? []), { name, type }])
  return tables
}

/** SQL for whether a row of table `t` is about the person; undefined if the table has no such rows. */
function ownRows(columns: readonly TableColumn[]): string | undefined {
  const has = (name: string): boolean => columns.some((column) => column.name === name)
  if (has('user_id')) return 't.user_id IS NOT DISTINCT FROM $id'
  if (!has('list') || !has('row_number')) return undefined
  return `EXISTS (FROM list_members AS m WHERE m.user_id = $id AND m.list = t.list AND m.row_number = t.row_number)`
}

async function countOf(connection: Connection, table: string, own: string, id: string): Promise<number> {
  const sql = `SELECT count(*)::BIGINT AS rows FROM ${quotedName(table)} AS t WHERE ${own}`
  return (await first<{ rows: number }>(connection, sql, { id }))!.rows
}

async function runsOf(
  connection: Connection,
  table: string,
  columns: readonly TableColumn[],
  own: string,
  id: string,
): Promise<string[]> {
  if (!columns.some(({ name }) => name === 'run_id')) return []
  const sql = `SELECT DISTINCT run_id FROM ${quotedName(table)} AS t WHERE ${own} AND run_id IS NOT NULL`
  return (await all<{ run_id: string }>(connection, sql, { id })).map(({ run_id }) => run_id)
}

async function* cellsOf(
  connection: Connection,
  table: string,
  columns: readonly TableColumn[],
  own: string,
  id: string,
): AsyncGenerator<CsvRow> {
  const cells = columns.map(({ name, type }) => cell(`t.${quotedName(name)}`, type))
  const sql = `SELECT ${cells.join(', ')} FROM ${quotedName(table)} AS t WHERE ${own}`
  for await (const rows of arrays(connection, sql, { id })) yield* rows as CsvRow[]
}

function cell(sql: string, type: string): string {
  return type.startsWith('TIMESTAMP') ? timeText(sql) : plainText(sql)
}

/** Takes out the ids of people whose profile came in place of this person's. */
async function* cleaned(
  rows: AsyncIterable<CsvRow>,
  pipeline: Pipeline | undefined,
  id: string,
  others: IdFinder,
): AsyncGenerator<CsvRow> {
  const clean = (text: string | null): string | null => {
    if (text === null || text === id) return text
    const parsed = pipeline?.parseId(text)
    const other = parsed && 'id' in parsed && parsed.id !== id ? IdFinder.of([parsed.id]) : others
    return other.takeOut(text, () => ANOTHER)
  }
  for await (const row of rows) yield row.map(clean)
}

async function mentionsInTable(
  connection: Connection,
  table: string,
  columns: readonly TableColumn[],
  own: string | undefined,
  id: string,
  pipeline: Pipeline,
): Promise<CsvRow[]> {
  const texts = columns.filter(({ type }) => type === 'VARCHAR').map(({ name }) => name)
  if (texts.length === 0) return []
  const time = columns.find(({ type }) => type.startsWith('TIMESTAMP'))
  const meta = ['run_id', 'list', 'row_number'].map((name) =>
    columns.some((column) => column.name === name) ? `CAST(t.${quotedName(name)} AS VARCHAR)` : 'NULL::VARCHAR',
  )
  meta.push(time ? cell(`t.${quotedName(time.name)}`, time.type) : 'NULL::VARCHAR')
  const named = texts.map((name) => `contains(lower(t.${quotedName(name)}), $id)`)
  const sql = `SELECT ${[...meta, ...texts.map((name) => `t.${quotedName(name)}`)].join(', ')}
    FROM ${quotedName(table)} AS t WHERE ${own === undefined ? '' : `NOT (${own}) AND `}(${named.join(' OR ')})`
  const finder = IdFinder.of([id])
  const found: CsvRow[] = []
  for await (const rows of arrays(connection, sql, { id })) {
    for (const [run, list, row, at, ...values] of rows as (string | null)[][]) {
      const cells = Object.fromEntries(texts.map((name, column) => [name, values[column] ?? null]))
      for (const { place, value } of mentionsInRow(table, cells, finder, pipeline)) {
        const where = { run_id: run!, list: list!, row_number: row!, at: at! }
        found.push(mentionRow({ source: `table ${table}`, place, ...where, value }))
      }
    }
  }
  return found
}

function mentionsInRow(
  table: string,
  cells: Readonly<Record<string, string | null>>,
  finder: IdFinder,
  pipeline: Pipeline,
): { place: string; value: string }[] {
  const { mentions } = pipeline
  if (mentions !== undefined && table === mentions.table) {
    const names = [mentions.id, ...(mentions.displayName === undefined ? [] : [mentions.displayName])]
    const value = JSON.stringify(Object.fromEntries(names.map((name) => [name, cells[name]])))
    return [{ place: mentions.id, value }]
  }
  return Object.entries(cells).flatMap(([name, text]) =>
    text === null
      ? []
      : mentionsIn(text, finder, namedKeys(pipeline)).map(({ path, value }) => ({ place: name + path, value })),
  )
}
