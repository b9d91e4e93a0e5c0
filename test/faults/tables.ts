import { basename } from 'node:path'
import { all, openDatabase, quotedName, type Database, type ReadCell } from '../../src/core/duckdb.js'

/** Tables that tell how the result came about, not what it is. */
const OF_THE_WAY: Readonly<Record<string, string>> = {
  runs: 'a run that was cut off, and the one that went on, are two',
  run_codes: 'so are their calls',
  ambiguous_calls: 'what a crash left unknown: the ledger judges it',
  list_overview: 'tells what was the share of the last run in lists and list_members, which are compared',
  failures: 'a call that a crash or a full disk cut off is no failure of an undisturbed run',
}

/** What two runs over the same world never share, and what is compared in its place. */
const COMPARED: Readonly<Record<string, (cell: ReadCell) => ReadCell>> = {
  // Each run has its own id: whether there is one.
  run_id: present,
  last_attempt_run_id: present,
  // Each world has its own folder.
  source: (cell) => basename(String(cell)),
  // What the run that was cut off had paid for is not asked again by the one that goes on.
  status: (cell) => (cell === 'enriched' || cell === 'reused' ? 'answered' : cell),
}

type Row = Record<string, ReadCell>

/** The published tables, each row as text, so that two worlds can be compared. */
export type Tables = Readonly<Record<string, readonly string[]>>

export async function withPublished<T>(path: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(path, { readOnly: true })
  try {
    return await work(database)
  } finally {
    database.close()
  }
}

/** Every table as far as an undisturbed run would have it the same; no table is named, so that none is forgotten. */
export async function comparableTables({ connection }: Database): Promise<Tables> {
  const columns = await all<{ table_name: string; column_name: string; data_type: string }>(
    connection,
    `SELECT table_name, column_name, data_type FROM duckdb_columns()
     WHERE database_name = current_database() AND schema_name = 'main'`,
  )
  const tables: Record<string, string[]> = {}
  for (const name of new Set(columns.map(({ table_name }) => table_name))) {
    if (name in OF_THE_WAY) continue
    // The two runs were not at the same time: whether there is an instant is what can be compared.
    const instants = columns.filter(
      (column) => column.table_name === name && /^(TIMESTAMP|DATE)/.test(column.data_type),
    )
    const rows = await all<Row>(connection, `SELECT * FROM ${quotedName(name)}`)
    tables[name] = rows.map((row) => comparable(row, new Set(instants.map(({ column_name }) => column_name)))).sort()
  }
  return tables
}

function comparable(row: Row, instants: ReadonlySet<string>): string {
  const cells = Object.entries(row).map(([name, cell]) => {
    const compared = instants.has(name) ? present(cell) : (COMPARED[name]?.(cell) ?? cell)
    return [name, typeof compared === 'bigint' ? String(compared) : compared]
  })
  return JSON.stringify(Object.fromEntries(cells))
}

function present(cell: ReadCell): boolean {
  return cell !== null
}

/** The first row of each table in which two worlds differ. */
export function differences(now: Tables, expected: Tables): string[] {
  const names = new Set([...Object.keys(now), ...Object.keys(expected)])
  return [...names].flatMap((name) => {
    const [left, right] = [now[name] ?? [], expected[name] ?? []]
    const extra = left.find((row) => !right.includes(row)) ?? '-'
    const missing = right.find((row) => !left.includes(row)) ?? '-'
    if (left.length === right.length && extra === '-' && missing === '-') return []
    return [`${name}: ${left.length} rows for ${right.length}; too much: ${extra}; missing: ${missing}`]
  })
}
