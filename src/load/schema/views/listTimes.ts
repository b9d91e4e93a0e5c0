import { ratio, total, type ViewColumn, type ViewDefinition } from '../definition.js'
import type { Pipeline } from '../../../model/pipeline.js'
import { isKept, knownDays, type Stretch } from './knownDays.js'

/** Each list day by day. A day on which nobody was fetched has a row, too. */
export function listDaily(pipeline: Pipeline): ViewDefinition {
  const { timeZone } = pipeline
  return {
    name: 'list_daily',
    description: `One row for each list and day (${timeZone}), from the first profile of its present ids, or the start of the history that is kept, to the newest profile of all. Who was not fetched on a day counts with the last known followers. Key: list, calendar_day.`,
    columns: [
      { name: 'calendar_day', type: 'DATE', description: `The day, in ${timeZone}.`, sql: 's.stretch' },
      LIST,
      ...measured('day', 'the day before'),
    ],
    from: `(${sums('observed_day', '1 DAY')}\n) AS s WHERE ${isKept(pipeline, 's.stretch')}`,
  }
}

/** Each list month by month, as of the end of the month. */
export function listMonthly(pipeline: Pipeline): ViewDefinition {
  const { timeZone } = pipeline
  return {
    name: 'list_monthly',
    description: `One row for each list and month (${timeZone}), as of the end of the month, from the first month whose whole history is kept. Who was not fetched in a month counts with the last known followers. Key: list, calendar_month.`,
    columns: [
      {
        name: 'calendar_month',
        type: 'DATE',
        description: `First day of the month, in ${timeZone}.`,
        sql: 's.stretch',
      },
      LIST,
      {
        name: 'last_day',
        type: 'DATE',
        description: 'The day that the row is as of: the last of the month, or of the newest profile of all.',
        sql: `least(s.stretch + INTERVAL 1 MONTH - INTERVAL 1 DAY, (SELECT max(observed_day) FROM creator_days))`,
      },
      ...measured('month', 'the end of the month before'),
    ],
    from: `(${sums('month', '1 MONTH')}\n) AS s WHERE ${isKept(pipeline, 's.stretch')}`,
  }
}

const LIST: ViewColumn = {
  name: 'list',
  type: 'VARCHAR',
  description: 'Name of the list. Its present ids count, also for earlier times.',
  sql: 's.list',
}

function measured(stretch: string, before: string): ViewColumn[] {
  return [
    {
      name: 'creators_known',
      type: 'BIGINT',
      description: `Creators of the list that had a profile by the end of the ${stretch}.`,
      sql: 's.known',
    },
    {
      name: 'creators_observed',
      type: 'BIGINT',
      description: `Those of them that were fetched in this ${stretch}; the others count as they were last seen.`,
      sql: 's.observed',
    },
    {
      name: 'creators_new',
      type: 'BIGINT',
      description: `Those of them whose first profile is of this ${stretch}.`,
      sql: 's.firsts',
    },
    {
      name: 'fans',
      type: 'BIGINT',
      description: `Followers of all known creators together at the end of the ${stretch}.`,
      sql: total('s.fans'),
    },
    {
      name: 'fans_change',
      type: 'BIGINT',
      description: `Change since ${before} over the creators known at both ends: growth that new creators in the list do not change. A change is seen when the creator is fetched again.`,
      sql: total('CASE WHEN s.known > s.firsts THEN coalesce(s.fans_change, 0) END'),
    },
    {
      name: 'fans_new',
      type: 'BIGINT',
      description: `Followers of creators_new: fans = fans at ${before} + fans_change + fans_new.`,
      sql: total('coalesce(s.fans_first, 0)'),
    },
    {
      name: 'fans_change_share',
      type: 'DOUBLE',
      description: `fans_change / fans at ${before}; NULL without earlier followers.`,
      sql: `CASE WHEN s.known > s.firsts THEN ${ratio('coalesce(s.fans_change, 0)', '(s.fans - coalesce(s.fans_change, 0) - coalesce(s.fans_first, 0))')} END`,
    },
  ]
}

/** SQL for the sums of each list and stretch, without a gap. */
function sums(stretch: Stretch, step: string): string {
  return `
  WITH seen AS MATERIALIZED (
    SELECT
      l.list, k.stretch, count(*) AS observed, count(*) FILTER (WHERE k.is_first) AS firsts,
      sum(k.fans_change) AS fans_change, sum(k.fans_first) AS fans_first, sum(coalesce(k.fans_first, k.fans_change)) AS fans
    FROM (SELECT DISTINCT list, user_id FROM list_members WHERE user_id IS NOT NULL) AS l
    JOIN (${knownDays(stretch)}
    ) AS k ON k.user_id = l.user_id
    GROUP BY l.list, k.stretch
  )
  SELECT
    c.list, c.stretch, coalesce(n.observed, 0) AS observed, coalesce(n.firsts, 0) AS firsts, n.fans_change, n.fans_first,
    sum(n.firsts) OVER upto AS known, sum(n.fans) OVER upto AS fans
  FROM (
    SELECT list, CAST(unnest(generate_series(min(stretch), (SELECT max(observed_day) FROM creator_days), INTERVAL ${step})) AS DATE) AS stretch
    FROM seen GROUP BY list
  ) AS c
  LEFT JOIN seen AS n ON n.list = c.list AND n.stretch = c.stretch
  WINDOW upto AS (PARTITION BY c.list ORDER BY c.stretch)`
}
