import type { Pipeline } from '../../../model/pipeline.js'
import { localDayOf } from '../definition.js'

/** What a day of a creator brings to sums that carry the last known value forward. */

/** A stretch of time that a sum is shown for: SQL for the stretch of `observed_day`. */
export type Stretch = 'observed_day' | 'month'

/**
 * SQL for rows `user_id, stretch, is_first, tier, tier_before, fans_before, fans_first, fans_change`: one for each creator and
 * stretch with a profile. The last known values of the stretch count; a missing number of followers does not end what is
 * known. Sums of `fans_first` and `fans_change` up to a stretch are the followers known by then.
 *
 * Most creators always had followers and never changed their tier: `creator_days` knows their changes. Only the others, and
 * months, need a window over their days.
 */
export function knownDays(stretch: Stretch): string {
  if (stretch === 'month') return windowed("date_trunc('month', d.observed_day)", '')
  return `
  SELECT
    d.user_id, d.observed_day AS stretch, d.previous_day IS NULL AS is_first, d.tier, d.tier AS tier_before,
    CAST(d.fans AS HUGEINT) - d.fans_change AS fans_before, CASE WHEN d.previous_day IS NULL THEN d.fans END AS fans_first, d.fans_change
  FROM creator_days AS d WHERE d.user_id NOT IN (${UNEVEN})
  UNION ALL ${windowed('d.observed_day', `WHERE d.user_id IN (${UNEVEN})`)}`
}

/**
 * SQL for the condition that all of a stretch is in the history that is kept. What is left of earlier ones only says what was
 * known by then.
 */
export function isKept({ timeZone }: Pipeline, stretch: string): string {
  return `${stretch} >= coalesce((SELECT ${localDayOf(timeZone, 'max(history_from)')} FROM runs), DATE '1900-01-01')`
}

const UNEVEN = `
    SELECT user_id FROM creator_days GROUP BY user_id
    HAVING count(fans) < count(*) OR count(fans_change) < count(previous_day) OR count(tier) < count(*) OR min(tier) <> max(tier)`

function windowed(stretch: string, where: string): string {
  return `
  SELECT
    user_id, stretch, is_first, tier, tier_before, fans_before,
    CASE WHEN fans_before IS NULL THEN fans END AS fans_first, fans - fans_before AS fans_change
  FROM (
    SELECT
      user_id, stretch, tier, fans,
      row_number() OVER stretches = 1 AS is_first,
      lag(tier IGNORE NULLS) OVER stretches AS tier_before,
      lag(fans IGNORE NULLS) OVER stretches AS fans_before
    FROM (
      SELECT d.user_id, ${stretch} AS stretch, arg_max(d.tier, d.observed_day) AS tier, arg_max(CAST(d.fans AS HUGEINT), d.observed_day) AS fans
      FROM creator_days AS d ${where}
      GROUP BY d.user_id, ${stretch}
    )
    WINDOW stretches AS (PARTITION BY user_id ORDER BY stretch)
  )`
}
