import type { Pipeline } from '../../../model/pipeline.js'
import { STATUSES } from '../../../model/receipt.js'
import { ofRole, ratio, total, utc, type ViewColumn, type ViewDefinition } from '../definition.js'

/** For each list: how much of it is known, how large its creators are, what a night of it costs. */
export function listOverview(pipeline: Pipeline): ViewDefinition {
  return {
    name: 'list_overview',
    description: 'One row for each list, as of the last run over it. Key: list.',
    columns: [
      { name: 'list', type: 'VARCHAR', description: 'Name of the list.', sql: 'l.list' },
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
      {
        name: 'last_run_money',
        type: 'DOUBLE',
        description:
          'Price of the billed calls of that run, 0 if simulated; NULL if the run read other lists too: the price cannot be split.',
        sql: 'CASE WHEN r.rows_read = l.rows THEN CASE WHEN r.simulated THEN 0 ELSE r.money_billed END END',
      },
      {
        name: 'nightly_price',
        type: 'DOUBLE',
        description: 'Cost of fetching every id once, at the price of that run.',
        sql: 'round(l.ids * r.price, 4)',
      },
      {
        name: 'currency',
        type: 'VARCHAR',
        description: 'Currency of last_run_money and nightly_price.',
        sql: 'r.currency',
      },
    ],
    from: `lists AS l
LEFT JOIN runs AS r ON r.run_id = l.run_id
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
