import { all, first, quotedName, quotedText, type Connection } from '../core/duckdb.js'
import { checkedTime } from '../load/sql/checkedKeys.sql.js'
import type { Pipeline } from '../model/pipeline.js'

/** Keys that are not declared in DDL: on millions of rows a declared key takes five times the time and twice the space. */
function keysOf(pipeline: Pipeline): readonly (readonly [table: string, ...key: string[]])[] {
  return [
    ['creators', 'user_id'],
    ['creator_counters', 'user_id', 'observed_at'],
    ['creator_days', 'user_id', 'observed_day'],
    ['creator_recent', 'user_id'],
    ['creator_versions', 'user_id', 'valid_from'],
    ['creator_changes', 'user_id', 'changed_at', 'column_name'],
    ['list_members', 'list', 'row_number'],
    ['rejects', 'list', 'row_number'],
    ['former_members', 'user_id'],
    ['failures', 'run_id', 'user_id'],
    ['ambiguous_calls', 'run_id', 'seq'],
    ['spending', 'run_id', 'list', 'calendar_day', 'price', 'endpoint'],
    ['resolved_ids', 'kind', 'input'],
    ['answers_without_profile', 'user_id', 'observed_at', 'run_id'],
    ['schema_drift', 'path', 'kind', 'expected', 'found'],
    ...pipeline.children.map(({ name }) => [name, 'user_id', 'position'] as const),
  ]
}

/** Keys that are declared in DDL. */
const DECLARED: readonly (readonly [table: string, ...key: string[]])[] = [
  ['lists', 'list'],
  ['runs', 'run_id'],
  ['run_codes', 'run_id', 'code'],
]

/** The key of a table, declared or not; undefined for a table without a key. */
export function keyOf(pipeline: Pipeline, table: string): readonly string[] | undefined {
  const found = [...keysOf(pipeline), ...DECLARED].find(([name]) => name === table)
  return found?.slice(1)
}

/** Rows of one pass of the exact comparison: smaller passes need less memory. */
const ROWS_A_PASS = 2_000_000

/**
 * Checks, before a publish, that every key is unique and every creator with a profile has one current version. Of the time
 * series only the rows that may have come since the last publish are read.
 * @throws Error naming table and key; it is a bug, so nothing may be published
 */
export async function checkKeys(connection: Connection, pipeline: Pipeline): Promise<void> {
  const checked = await first<{ time: string | null; day: string | null }>(connection, checkedTime(pipeline))
  const unchecked: Readonly<Record<string, string>> = checked?.time
    ? {
        creator_counters: `WHERE observed_at >= ${quotedText(checked.time)}::TIMESTAMPTZ`,
        creator_days: `WHERE observed_day >= ${quotedText(checked.day!)}::DATE`,
      }
    : {}
  const keys = keysOf(pipeline).map(([table, ...columns]) => {
    return { table, columns, from: `${quotedName(table)} ${unchecked[table] ?? ''}` }
  })
  const large = await largeTables(connection)
  const small = keys.filter(({ table }) => !large.has(table))
  for (const together of [small, ...keys.filter(({ table }) => large.has(table)).map((key) => [key])]) {
    for (const { table, columns, from } of await keysWithEqualHashes(connection, together)) {
      const duplicate = await firstDuplicate(connection, from, columns)
      if (duplicate)
        throw new Error(`${table} holds ${JSON.stringify(duplicate)} more than once; nothing was published`)
    }
  }
  const wrong = await first<{ user_id: string }>(connection, WITHOUT_ONE_CURRENT_VERSION)
  if (wrong)
    throw new Error(
      `creator_versions does not have exactly one current version of ${wrong.user_id}; nothing was published`,
    )
}

interface Key {
  readonly table: string
  readonly columns: readonly string[]
  /** The table, and which of its rows are checked. */
  readonly from: string
}

/** One statement checks all tables with fewer rows: to plan a statement takes longer than to read such a table. */
const LARGE_TABLE = 100_000

async function largeTables(connection: Connection): Promise<ReadonlySet<string>> {
  const tables = await all<{ name: string }>(
    connection,
    `SELECT table_name AS name FROM duckdb_tables() WHERE database_name = current_database() AND estimated_size >= ${LARGE_TABLE}`,
  )
  return new Set(tables.map(({ name }) => name))
}

/** Different keys may have equal hashes, so these keys must be compared exactly. */
async function keysWithEqualHashes(connection: Connection, keys: readonly Key[]): Promise<Key[]> {
  if (keys.length === 0) return []
  const counts = keys.map(
    ({ columns, from }, at) =>
      `SELECT ${at} AS key, count(*) AS rows, count(DISTINCT hash(${columns.map(quotedName).join(', ')})) AS hashes FROM ${from}`,
  )
  const found = await all<{ key: number }>(
    connection,
    `SELECT key FROM (${counts.join('\nUNION ALL\n')}) WHERE rows <> hashes ORDER BY key`,
  )
  return found.map(({ key }) => keys[key]!)
}

async function firstDuplicate(
  connection: Connection,
  from: string,
  key: readonly string[],
): Promise<object | undefined> {
  const columns = key.map(quotedName).join(', ')
  const { rows } = (await first<{ rows: number }>(connection, `SELECT count(*) AS rows FROM ${from}`))!
  const passes = Math.ceil(rows / ROWS_A_PASS)
  for (let pass = 0; pass < passes; pass += 1) {
    const [duplicate] = await all<Record<string, unknown>>(
      connection,
      `SELECT ${key.map((name) => `${quotedName(name)}::VARCHAR AS ${quotedName(name)}`).join(', ')}
       FROM (
         SELECT ${columns} FROM (SELECT * FROM ${from})
         ${passes === 1 ? '' : `WHERE hash(${quotedName(key[0]!)}) % ${passes} = ${pass}`}
         GROUP BY ${columns} HAVING count(*) > 1 LIMIT 1
       )`,
    )
    if (duplicate) return duplicate
  }
  return undefined
}

const WITHOUT_ONE_CURRENT_VERSION = `
SELECT creators.user_id
FROM creators
LEFT JOIN (
  SELECT user_id, count(*) AS versions FROM creator_versions WHERE is_current GROUP BY user_id
) AS current USING (user_id)
WHERE (creators.last_fetched_at IS NOT NULL) <> (coalesce(current.versions, 0) = 1)
LIMIT 1`
