import type { Pipeline } from '../../../model/pipeline.js'
import { NEWEST_RUNS_FIRST } from '../../../model/clock.js'
import { STATUSES } from '../../../model/receipt.js'
import { localDayOf, ofRole, ratio, total, utc, type ViewColumn, type ViewDefinition } from '../definition.js'

/** For each list: how much of it is known, how large its creators are, what a night of it costs. */
export function listOverview(pipeline: Pipeline): ViewDefinition {
  return {
    name: 'list_overview',
    description: 'One row for each list, as of the last run over it. Key: list.',
    columns: [
      { name: 'list', type: 'VARCHAR', description: 'Name of the list.', sql: 'l.list' },
      {
        name: 'last_read_day',
        type: 'DATE',
        description: `Day of last_read_at (${pipeline.timeZone}).`,
        sql: localDayOf(pipeline.timeZone, 'l.last_read_at'),
      },
      { name: 'tracked', type: 'BOOLEAN', description: 'Whether `run --tracked` refreshes it.', sql: 'l.tracked' },
      {
        name: 'row_count',
        type: 'BIGINT',
        description: 'Rows: the sum of the six columns that follow.',
        sql: 'l.rows',
      },
      ...STATUSES.map((status): ViewColumn => {
        return {
          name: `rows_${status}`,
          type: 'BIGINT',
          description: `Rows with the status ${status} after the last run.`,
          sql: `coalesce(m.rows_${status}, 0)`,
        }
      }),
      { name: 'id_count', type: 'BIGINT', description: 'Distinct ids in the rows.', sql: 'l.ids' },
      {
        name: 'ids_with_profile',
        type: 'BIGINT',
        description: 'Ids with a profile, of whatever age.',
        sql: 'coalesce(p.ids, 0)',
      },
      {
        name: 'coverage',
        type: 'DOUBLE',
        description: 'ids_with_profile / id_count; NULL if there is no id.',
        sql: ratio('coalesce(p.ids, 0)', 'l.ids'),
      },
      { name: 'total_fans', type: 'BIGINT', description: 'Followers of these ids together.', sql: total('p.fans') },
      {
        name: 'median_fans',
        type: 'DOUBLE',
        description: 'Median of the followers of these ids.',
        sql: 'p.median_fans',
      },
      {
        name: 'last_read_at',
        type: 'TIMESTAMP',
        description: 'When the rows were read last, UTC.',
        sql: utc('l.last_read_at'),
      },
      { name: 'last_run_id', type: 'VARCHAR', description: 'The run that read the rows.', sql: 'l.run_id' },
      ...moneyOfLastRun,
      {
        name: 'nightly_price',
        type: 'DOUBLE',
        description: 'Cost of fetching every id once, at the price of that run, or of the newest run with a price.',
        sql: `round(l.ids * coalesce(r.price, w.price, known.price), 4)`,
      },
      {
        name: 'currency',
        type: 'VARCHAR',
        description: 'Currency of the money and of nightly_price.',
        sql: 'coalesce(r.currency, w.currency, known.currency)',
      },
    ],
    from: `lists AS l
LEFT JOIN runs AS r ON r.run_id = l.run_id
LEFT JOIN (
  SELECT
    run_id, list, ${MONEY.map(({ name }) => `CASE WHEN count(*) = count(${name}) THEN sum(${name}) END AS ${name}`).join(', ')}
  FROM spending GROUP BY run_id, list
) AS s ON s.run_id = l.run_id AND s.list = l.list
LEFT JOIN (
  SELECT run_id, count(list) = count(*) AS is_split, max(price) AS price, max(currency) AS currency
  FROM spending GROUP BY run_id
) AS w ON w.run_id = l.run_id
LEFT JOIN (
  SELECT price, currency FROM runs WHERE price IS NOT NULL ORDER BY ${NEWEST_RUNS_FIRST} LIMIT 1
) AS known ON TRUE
LEFT JOIN (
  SELECT list, ${STATUSES.map((status) => `count(*) FILTER (WHERE status = '${status}') AS rows_${status}`).join(', ')}
  FROM list_members GROUP BY list
) AS m ON m.list = l.list
LEFT JOIN (
  SELECT i.list, count(*) AS ids, sum(CAST(${ofRole(pipeline, 'followers')} AS BIGINT)) AS fans,
    median(CAST(${ofRole(pipeline, 'followers')} AS BIGINT)) AS median_fans
  FROM (SELECT DISTINCT list, user_id FROM list_members WHERE user_id IS NOT NULL) AS i
  JOIN creators AS c ON c.user_id = i.user_id
  WHERE c.last_fetched_at IS NOT NULL
  GROUP BY i.list
) AS p ON p.list = l.list`,
  }
}

const MONEY = [
  { name: 'money_billed', column: 'last_run_money', what: 'the billed calls' },
  {
    name: 'money_maybe_billed',
    column: 'last_run_money_maybe_billed',
    what: 'the calls that may have been billed',
  },
] as const

/** A run over one list has its money in its receipt; of a run over several, `spending` has the part of each. */
const moneyOfLastRun = MONEY.map(({ name, column, what }): ViewColumn => {
  return {
    name: column,
    type: 'DOUBLE',
    description: `Price of ${what} of that run for this list, 0 if simulated; an id in k lists of the run counts 1/k in each. NULL only where it is not known for which list the calls were, or at which price.`,
    sql: `CASE
    WHEN r.simulated THEN 0
    WHEN r.rows_read = l.rows AND r.${name} IS NOT NULL THEN r.${name}
    WHEN s.list IS NOT NULL AND w.is_split THEN s.${name}
    WHEN w.is_split OR r.calls = 0 THEN 0
  END`,
  }
})
