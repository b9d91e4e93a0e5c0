import type { Pipeline } from '../../../model/pipeline.js'
import { tierRankColumn, tierText, total, type ViewDefinition } from '../definition.js'
import { isKept, knownDays } from './knownDays.js'

/** The size classes day by day, over all creators. */
export function tierDaily(pipeline: Pipeline): ViewDefinition {
  const { timeZone } = pipeline
  return {
    name: 'tier_daily',
    description: `One row for each tier and day (${timeZone}), from its first creator, or the start of the history that is kept, to the newest profile of all. Who was not fetched on a day counts as last seen. Key: tier, calendar_day.`,
    columns: [
      { name: 'calendar_day', type: 'DATE', description: `The day, in ${timeZone}.`, sql: 's.calendar_day' },
      {
        name: 'tier',
        type: 'VARCHAR',
        description: tierText(pipeline, 'Size class by the last known followers.'),
        sql: 's.tier',
      },
      tierRankColumn(pipeline, 's.tier'),
      {
        name: 'creators',
        type: 'BIGINT',
        description: 'Creators in the tier at the end of the day.',
        sql: 's.creators',
      },
      {
        name: 'creators_observed',
        type: 'BIGINT',
        description: 'Those of them that were fetched on this day.',
        sql: 'coalesce(s.observed, 0)',
      },
      {
        name: 'creators_new',
        type: 'BIGINT',
        description: 'Creators whose first profile is of this day.',
        sql: 'coalesce(s.firsts, 0)',
      },
      {
        name: 'creators_in',
        type: 'BIGINT',
        description: 'Creators that came from another tier.',
        sql: 'coalesce(s.moved_in, 0)',
      },
      {
        name: 'creators_out',
        type: 'BIGINT',
        description: 'Creators that went to another tier.',
        sql: 'coalesce(s.moved_out, 0)',
      },
      {
        name: 'fans',
        type: 'BIGINT',
        description: 'Followers of the creators in the tier at the end of the day.',
        sql: total('s.fans'),
      },
      {
        name: 'fans_change',
        type: 'BIGINT',
        description:
          'What creators that were known before won or lost; it counts in the tier in which they are now. Moving to another tier is not a change.',
        sql: total('coalesce(s.fans_change, 0)'),
      },
    ],
    from: `(${SUMS}\n) AS s WHERE ${isKept(pipeline, 's.calendar_day')}`,
  }
}

/** Each move is two rows: into the new tier and out of the old one. */
const SUMS = `
  WITH known AS MATERIALIZED (
    SELECT *, coalesce(tier, tier_before) AS tier_now, NOT is_first AND tier_before <> tier AS moved
    FROM (${knownDays('observed_day')}
    )
  ),
  seen AS MATERIALIZED (
    SELECT
      tier, calendar_day, sum(observed) AS observed, sum(firsts) AS firsts, sum(moved_in) AS moved_in, sum(moved_out) AS moved_out,
      sum(fans_change) AS fans_change, sum(creators) AS creators, sum(fans) AS fans
    FROM (
      SELECT
        tier_now AS tier, stretch AS calendar_day, 1 AS observed, CAST(is_first AS INTEGER) AS firsts,
        CAST(coalesce(moved, FALSE) AS INTEGER) AS moved_in, 0 AS moved_out, fans_change,
        CAST(tier_before IS NULL OR is_first OR coalesce(moved, FALSE) AS INTEGER) AS creators,
        coalesce(fans_first, fans_change, 0) + CASE WHEN moved THEN fans_before ELSE 0 END AS fans
      FROM known
      UNION ALL
      SELECT tier_before, stretch, 0, 0, 0, 1, NULL, -1, -fans_before FROM known WHERE moved
    )
    WHERE tier IS NOT NULL
    GROUP BY tier, calendar_day
  )
  SELECT
    c.tier, c.calendar_day, n.observed, n.firsts, n.moved_in, n.moved_out, n.fans_change,
    sum(n.creators) OVER upto AS creators, sum(n.fans) OVER upto AS fans
  FROM (
    SELECT tier, CAST(unnest(generate_series(min(calendar_day), (SELECT max(observed_day) FROM creator_days), INTERVAL 1 DAY)) AS DATE) AS calendar_day
    FROM seen GROUP BY tier
  ) AS c
  LEFT JOIN seen AS n ON n.tier = c.tier AND n.calendar_day = c.calendar_day
  WINDOW upto AS (PARTITION BY c.tier ORDER BY c.calendar_day)`
