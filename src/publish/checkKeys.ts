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
  for (const [table, ...key] of keysOf(pipeline)) {
    const duplicate = await firstDuplicate(connection, `${quotedName(table)} ${unchecked[table] ?? ''}`, key)
    if (duplicate) throw new Error(`${table} holds ${JSON.stringify(duplicate)} more than once; nothing was published`)
  }
  const wrong = await first<{ user_id: string }>(connection, WITHOUT_ONE_CURRENT_VERSION)
  if (wrong)
    throw new Error(
      `creator_versions does not have exactly one current version of ${wrong.user_id}; nothing was published`,
    )
}

async function firstDuplicate(
  connection: Connection,
  from: string,
  key: readonly string[],
): Promise<object | undefined> {
  const columns = key.map(quotedName).join(', ')
  // Different keys may have equal hashes, so a difference here is only a reason to compare exactly.
  const { rows, hashes } = (await first<{ rows: number; hashes: number }>(
    connection,
    `SELECT count(*) AS rows, count(DISTINCT hash(${columns})) AS hashes FROM ${from}`,
  ))!
  if (rows === hashes) return undefined
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
