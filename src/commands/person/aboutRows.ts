import { all, arrays, first, type Connection, type ReadCell } from '../../core/duckdb.js'
import { plainText, timeText } from '../../export/csvRecord.js'
import type { CsvRow, ExportFolder } from './exportFolder.js'

/** Columns of `runs` that say nothing about other people. */
const OF_RUNS = ['run_id', 'started_at', 'finished_at', 'status', 'pipeline', 'simulated', 'host', 'version']

/** Writes the newest profile, if there is one. */
export async function writeProfile(connection: Connection, id: string, folder: ExportFolder): Promise<void> {
  const profile = await first(connection, 'FROM creators WHERE user_id = $id', { id })
  if (profile === undefined) return
  const columns = await all<{ name: string; type: string }>(
    connection,
    `SELECT name, type FROM pragma_table_info('creators')`,
  )
  const isTime = (name: string): boolean => columns.find((column) => column.name === name)!.type.startsWith('TIMESTAMP')
  const readable = Object.entries(profile).map(([name, value]) => [name, readableValue(value, isTime(name))])
  await folder.json('profile.json', 'the newest profile', Object.fromEntries(readable))
}

function readableValue(value: ReadCell, isTime: boolean): unknown {
  if (isTime && typeof value === 'number') return new Date(value).toISOString()
  return typeof value === 'bigint' ? String(value) : value
}

/** Writes the lists that hold the person. @returns their names */
export async function writeLists(connection: Connection, id: string, folder: ExportFolder): Promise<string[]> {
  const found = await all(
    connection,
    `SELECT l.list, l.tracked::VARCHAR AS tracked, l.source, l.columns, l.id_column,
       ${timeText('l.first_read_at')} AS first_read_at, ${timeText('l.last_read_at')} AS last_read_at,
       count(*)::VARCHAR AS rows_of_person
     FROM lists AS l JOIN list_members AS m ON m.list = l.list WHERE m.user_id = $id GROUP BY ALL ORDER BY l.list`,
    { id },
  )
  if (found.length === 0) return []
  const header = Object.keys(found[0]!)
  const rows = found.map((row) => header.map((name) => row[name] as string | null))
  await folder.csv('lists.csv', 'the lists that hold this person', header, rows)
  return found.map(({ list }) => list as string)
}

/** Writes what is about the runs, and nothing about others. */
export async function writeRuns(connection: Connection, ids: readonly string[], folder: ExportFolder): Promise<void> {
  const cells = OF_RUNS.map((name) => (name.endsWith('_at') ? timeText(name) : plainText(name)))
  const sql = `SELECT ${cells.join(', ')} FROM runs WHERE run_id IN (SELECT unnest(from_json($ids, '["VARCHAR"]'))) ORDER BY run_id`
  const rows: CsvRow[] = []
  for await (const some of arrays(connection, sql, { ids: JSON.stringify(ids) })) rows.push(...(some as CsvRow[]))
  if (rows.length > 0) await folder.csv('runs.csv', 'the runs that fetched or held this person', OF_RUNS, rows)
}

/** Writes what the columns of these tables mean. */
export async function writeColumnMeanings(
  connection: Connection,
  tables: readonly string[],
  folder: ExportFolder,
): Promise<void> {
  const header = ['table_name', 'column_name', 'type', 'source_path', 'description']
  const rows: CsvRow[] = []
  const sql = `SELECT ${header.join(', ')} FROM data_dictionary WHERE table_name IN (SELECT unnest(from_json($tables, '["VARCHAR"]')))`
  for await (const some of arrays(connection, sql, { tables: JSON.stringify(tables) })) rows.push(...(some as CsvRow[]))
  if (rows.length > 0) await folder.csv('columns.csv', 'what each column of these tables means', header, rows)
}
