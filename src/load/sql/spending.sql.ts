import { quotedText } from '../../core/duckdb.js'
import { createTempTable, ensureTempTable, insertIntoTempTable, sqlColumns } from '../../core/tempTable.js'
import { ID_CALLS, UNSPLIT_RUNS } from '../../model/tempTables.js'
import { STAGED_CALLS_OF_ALL } from './calls.sql.js'

const calls = sqlColumns(ID_CALLS, 'c')

/** Amounts are exact to this part of a call or of the currency. */
const MICRO = 1_000_000

/** A sum of millionths as DECIMAL(18,6), without a division: DuckDB divides decimals as DOUBLE. */
const amountOf = (sum: string): string => `CAST(${sum} AS DECIMAL(18,0)) * CAST(0.000001 AS DECIMAL(7,6))`

const microsOf = (price: string): string => `CAST(round(${price} * ${MICRO}) AS BIGINT)`

/** The part of one list, in millionths. The first list takes what does not divide, so that the parts add up. */
function partOf(count: string): string {
  const micros = `(${count} * ${MICRO})`
  return `CASE WHEN place = 1 THEN ${micros} - (parts - 1) * (${micros} // parts) ELSE ${micros} // parts END`
}

/** The same of money: `price_micros` is already in millionths. */
function moneyOf(count: string): string {
  const micros = `(${count} * price_micros)`
  return `CASE WHEN place = 1 THEN ${micros} - (parts - 1) * (${micros} // parts) ELSE ${micros} // parts END`
}

const COUNTS = {
  asked: 'asked_ids',
  calls: 'calls',
  billed: 'billed_calls',
  maybe_billed: 'maybe_billed_calls',
} as const

const COLUMNS = [
  ...['run_id', 'list', 'calendar_day', 'currency', 'price', ...Object.values(COUNTS)],
  ...['money_billed', 'money_maybe_billed', 'endpoint'],
].join(', ')

/** @param groups SQL of rows with run_id, day, endpoint, currency, price_micros, lists (a list of names), and the counts. */
function insertParts(groups: string): string {
  const counts = Object.keys(COUNTS).map((name) => amountOf(`sum(${partOf(name)})`))
  const money = ['billed', 'maybe_billed'].map((name) => amountOf(`sum(${moneyOf(name)})`))
  return `
INSERT INTO spending (${COLUMNS})
WITH groups AS (${groups}), parts AS (
  SELECT *, unnest(lists) AS part, generate_subscripts(lists, 1) AS place, len(lists) AS parts FROM groups
)
SELECT run_id, part, CAST(day AS DATE), currency, ${amountOf('price_micros')}, ${counts.join(', ')}, ${money.join(', ')}, endpoint
FROM parts GROUP BY run_id, part, day, endpoint, currency, price_micros
ORDER BY run_id, day, part, endpoint`
}

/** The calls with whether their id is counted on that day: on the first one, if there are several. */
const DATED = `(
  SELECT c.*, coalesce(several.first_day, c.day) = c.day AS is_first
  FROM ${ID_CALLS.name} AS c
  LEFT JOIN (
    SELECT run_id, user_id, min(day) AS first_day FROM ${ID_CALLS.name} GROUP BY run_id, user_id HAVING count(*) > 1
  ) AS several ON several.run_id = ${calls.run_id} AND several.user_id = ${calls.user_id}
)`

const SUMS = `
  count(*) FILTER (is_first) AS asked,
  sum(${calls.calls}) AS calls,
  sum(${calls.billed}) AS billed,
  sum(${calls.maybe_billed}) AS maybe_billed`

/** Counts the calls of the staged runs whose spending is not stored. Must be done before the rows of these runs are made. */
export function countIdCalls(timeZone: string): string[] {
  return [
    ensureTempTable(UNSPLIT_RUNS),
    createTempTable(ID_CALLS),
    insertIntoTempTable(
      ID_CALLS,
      {
        run_id: 'run_id',
        user_id: 'user_id',
        day: `CAST(CAST(sent_at AT TIME ZONE ${quotedText(timeZone)} AS DATE) AS VARCHAR) AS sent_on`,
        endpoint: 'endpoint',
        price: 'price',
        calls: 'count(*)',
        billed: `count(*) FILTER (billed = 'yes')`,
        maybe_billed: `count(*) FILTER (billed = 'maybe')`,
      },
      `FROM ${STAGED_CALLS_OF_ALL}
WHERE run_id NOT IN (SELECT run_id FROM runs) OR run_id IN (SELECT run_id FROM ${UNSPLIT_RUNS.name})
GROUP BY run_id, user_id, sent_on, endpoint, price`,
    ),
  ]
}

/** The spending of these runs as far as the calls alone show it. The end of the run, or the rows of its lists, replace it. */
export const insertUnsplit = [
  `DELETE FROM spending WHERE run_id IN (SELECT run_id FROM ${ID_CALLS.name})`,
  insertParts(`
  SELECT
    ${calls.run_id} AS run_id, ${calls.day} AS day, ${calls.endpoint} AS endpoint, [any_value(s.list)] AS lists,
    any_value(CASE WHEN runs.price IS NULL THEN s.currency ELSE runs.currency END) AS currency,
    ${microsOf(`coalesce(${calls.price}, any_value(coalesce(runs.price, s.price)))`)} AS price_micros,${SUMS}
  FROM ${DATED} AS c
  JOIN (SELECT DISTINCT ON (run_id) * FROM staged_runs) AS s ON s.run_id = ${calls.run_id}
  LEFT JOIN runs ON runs.run_id = ${calls.run_id}
  GROUP BY ${calls.run_id}, ${calls.day}, ${calls.endpoint}, ${calls.price}`),
]

export const deleteSpending = 'DELETE FROM spending WHERE run_id = $run'

/**
 * The spending of run `$run` by list, in `$currency`. Calls to the endpoint of the profiles cost `$price`.
 * @param members SQL of the rows of its lists, with the columns list and user_id
 */
export function insertSplit(members: string): string {
  return insertParts(`
  SELECT
    $run AS run_id, ${calls.day} AS day, ${calls.endpoint} AS endpoint, coalesce(m.lists, [NULL]::VARCHAR[]) AS lists, $currency::VARCHAR AS currency,
    ${microsOf(`coalesce(${calls.price}, $price::DOUBLE)`)} AS price_micros,${SUMS}
  FROM ${DATED} AS c
  LEFT JOIN (
    SELECT given.user_id, list(DISTINCT given.list ORDER BY given.list) AS lists
    FROM (SELECT list, user_id FROM ${members}) AS given WHERE given.user_id IS NOT NULL GROUP BY given.user_id
  ) AS m ON m.user_id = ${calls.user_id}
  WHERE ${calls.run_id} = $run
  GROUP BY ${calls.day}, m.lists, ${calls.endpoint}, ${calls.price}`)
}

/** What receipts of older versions count and the calls in `raw/` do not show any more, such as those for forgotten people. */
export const insertRemainders = `
INSERT INTO spending (${COLUMNS})
WITH known AS (
  SELECT run_id, max(calendar_day) AS day, ${Object.values(COUNTS)
    .map((name) => `sum(${name}) AS ${name}`)
    .join(', ')}
  FROM spending GROUP BY run_id
), missing AS (
  SELECT
    runs.run_id,
    coalesce(known.day, CAST(coalesce(finished_at, last_call_at, started_at) AT TIME ZONE $zone AS DATE)) AS day,
    runs.currency, runs.price,
    ${Object.entries(COUNTS)
      .map(([name, column]) => `greatest(0, coalesce(runs.${column} - coalesce(known.${column}, 0), 0)) AS ${name}`)
      .join(', ')}
  FROM runs LEFT JOIN known USING (run_id)
  WHERE run_id IN (SELECT run_id FROM ${UNSPLIT_RUNS.name})
)
SELECT
  run_id, NULL, day, CASE WHEN price IS NOT NULL THEN currency END, price, asked, calls, billed, maybe_billed,
  billed * CAST(price AS DECIMAL(18,6)), maybe_billed * CAST(price AS DECIMAL(18,6)), NULL
FROM missing WHERE asked + calls + billed + maybe_billed > 0`

/**
 * The rows of a run as JSON, for its receipt; NULL if they do not hold all of its calls: a rebuild then counts them. Amounts
 * are texts, because a reader of JSON may round a number.
 * @param columns those that the table has; by default all. A database of an older version has fewer
 */
export function spendingJson(runId: string, columns: ReadonlySet<string> = new Set(COLUMNS.split(', '))): string {
  const fields = COLUMNS.split(', ').map(
    (name) => `${name} := ${columns.has(name) ? `CAST(spending.${name} AS VARCHAR)` : 'NULL::VARCHAR'}`,
  )
  const order = ['calendar_day', 'list', 'endpoint'].filter((name) => columns.has(name))
  return `(
  SELECT CASE WHEN coalesce(sum(spending.calls), 0) = coalesce(any_value(runs.calls), 0)
    THEN to_json(coalesce(list(struct_pack(${fields.join(', ')}) ORDER BY ${order.join(', ')}) FILTER (calendar_day IS NOT NULL), [])) END
  FROM (SELECT run_id AS id, calls FROM runs WHERE run_id = ${quotedText(runId)}) AS runs
  LEFT JOIN spending ON run_id = id
)`
}

/** A database of an older version has no such table, and its receipts say nothing about it. */
export const HAS_SPENDING = `SELECT 1 FROM duckdb_tables() WHERE table_name = 'spending' AND database_name = current_database()`
