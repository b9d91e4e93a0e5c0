import { basename } from 'node:path'
import { all, openDatabase, quotedName, type Database, type ReadCell } from '../../src/core/duckdb.js'

/** Tables that describe how the result was made, not the result. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  runs: 'an interrupted run and the run that continues it are two runs',
  run_codes: 'the two runs have their own calls',
  ambiguous_calls: 'calls that a crash left without an answer: they are compared with the ledger',
  list_overview: 'depends on the last run; its sources lists and list_members are compared',
  spending: 'the two runs have their own calls',
  spend_daily: 'it is made from spending',
  list_costs: 'it is made from spending',
  failures: 'an undisturbed run does not have the calls that a crash or a full disk has interrupted',
}

/** Columns that always differ between two sandboxes, and the value that is compared instead. */
const COMPARED: Readonly<Record<string, (cell: ReadCell) => ReadCell>> = {
  // Each run has its own id, so only its presence is compared.
  run_id: present,
  last_attempt_run_id: present,
  // Each sandbox has its own folder.
  source: (cell) => basename(String(cell)),
  // The run that continues reuses the answers of the interrupted run.
  status: answered,
  row_status: answered,
}

type Row = Record<string, ReadCell>

/** The published tables with each row as text, so that two sandboxes can be compared. */
export type Tables = Readonly<Record<string, readonly string[]>>

export async function withPublished<T>(path: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(path, { readOnly: true })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** All tables, without the differences between runs. The list of tables is queried, so that no table is missed. */
export async function comparableTables({ connection }: Database): Promise<Tables> {
  const columns = await all<{ table_name: string; column_name: string; data_type: string }>(
    connection,
    `SELECT table_name, column_name, data_type FROM duckdb_columns()
     WHERE database_name = current_database() AND schema_name = 'main'`,
  )
  const tables: Record<string, string[]> = {}
  for (const name of new Set(columns.map(({ table_name }) => table_name))) {
    if (name in NOT_COMPARED) continue
    // The two runs have different times, so only the presence of a time is compared.
    const times = columns.filter((column) => column.table_name === name && /^(TIMESTAMP|DATE)/.test(column.data_type))
    const rows = await all<Row>(connection, `SELECT * FROM ${quotedName(name)}`)
    tables[name] = rows.map((row) => comparable(row, new Set(times.map(({ column_name }) => column_name)))).sort()
  }
  return tables
}

function comparable(row: Row, times: ReadonlySet<string>): string {
  const cells = Object.entries(row).map(([name, cell]) => {
    const compared = times.has(name) ? present(cell) : (COMPARED[name]?.(cell) ?? cell)
    return [name, typeof compared === 'bigint' ? String(compared) : compared]
  })
  return JSON.stringify(Object.fromEntries(cells))
}

function answered(cell: ReadCell): ReadCell {
  return cell === 'enriched' || cell === 'reused' ? 'answered' : cell
}

function present(cell: ReadCell): boolean {
  return cell !== null
}

/** For each table that differs: the first surplus row and the first missing row. */
export function differences(now: Tables, expected: Tables): string[] {
  const names = new Set([...Object.keys(now), ...Object.keys(expected)])
  return [...names].flatMap((name) => {
    const [left, right] = [now[name] ?? [], expected[name] ?? []]
    const extra = left.find((row) => !right.includes(row)) ?? '-'
    const missing = right.find((row) => !left.includes(row)) ?? '-'
    if (left.length === right.length && extra === '-' && missing === '-') return []
    return [`${name}: ${left.length} rows for ${right.length}; surplus: ${extra}; missing: ${missing}`]
  })
}
