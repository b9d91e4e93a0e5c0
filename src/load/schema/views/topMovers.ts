import type { Pipeline } from '../../../model/pipeline.js'
import { SPANS } from '../dayTables.js'
import { ofRole, ratio, tierRankColumn, tierText, type ViewDefinition } from '../definition.js'
import { ALLOWED_DAYS, allowedDays } from './allowedAge.js'

/** Places of a ranking. Few people read further, and sorting all creators would take seconds. */
const PLACES = 1_000
/**
 * A newest profile may be this many days older than the newest of all, however short the period is: a run after midnight
 * that fetches a few ids must not take all others out of the ranking of one day.
 */
const SLACK_DAYS = 3
/** With fewer followers before, a few more would be a large share. */
const LEAST_FANS = 1_000

const PERIODS = [{ days: 1, spanned: '1' }, ...SPANS.map(({ days }) => ({ days, spanned: `r.days_${days}d` }))]

const RANKINGS = PERIODS.flatMap((period) =>
  (['absolute', 'relative'] as const).flatMap((rankedBy) =>
    (['up', 'down'] as const).map((direction) => ({ ...period, rankedBy, direction })),
  ),
)

/**
 * The leaders of one ranking. Creators whose last profile is older than the period and the slack are left out: their change is
 * old, unless profiles may get that old.
 */
function leaders({ days, spanned, rankedBy, direction }: (typeof RANKINGS)[number]): string {
  const change = `r.fans_change_${days}d`
  const before = `(r.fans - ${change})`
  const [sign, order] = direction === 'up' ? ['>', 'DESC'] : ['<', 'ASC']
  const measure = rankedBy === 'absolute' ? change : `CAST(${change} AS DOUBLE) / ${before}`
  const large = rankedBy === 'absolute' ? '' : `AND ${before} >= ${LEAST_FANS}`
  return `
  SELECT
    ${days} AS period_days, '${rankedBy}' AS ranked_by, '${direction}' AS direction,
    row_number() OVER (ORDER BY measure ${order}, user_id) AS place,
    user_id, observed_day, fans, fans_change, days
  FROM (
    SELECT r.user_id, r.observed_day, r.fans, ${change} AS fans_change, ${spanned} AS days, ${measure} AS measure
    FROM creator_recent AS r, bounds
    WHERE ${change} ${sign} 0 ${large}
      AND r.observed_day > bounds.newest - greatest(${Math.max(days, SLACK_DAYS + 1)}, ${allowedDays('bounds', 'r.tier')})
    ORDER BY measure ${order}, user_id
    LIMIT ${PLACES}
  )`
}

/** The creators that gained and lost most followers. */
export function topMovers(pipeline: Pipeline): ViewDefinition {
  return {
    name: 'top_movers',
    description: `The creators that gained and lost most followers: the first ${PLACES} of each ranking. Each creator counts with the newest profile, if it lies in the period that ends on the newest day of all, or at most ${SLACK_DAYS} days before that day, or in the allowed age (creator_overview.allowed_age_days), whichever reaches furthest back. Key: period_days, ranked_by, direction, place.`,
    columns: [
      {
        name: 'period_days',
        type: 'INTEGER',
        description: `Length of the period: 1, 7 or 30. It ends on last_observed_day, for 1 at most ${SLACK_DAYS} days before the newest day of all (or the allowed age).`,
        sql: 'm.period_days',
      },
      {
        name: 'ranked_by',
        type: 'VARCHAR',
        description: `absolute: by fans_change. relative: by fans_change_share, only creators with ${LEAST_FANS} fans or more before.`,
        sql: 'm.ranked_by',
      },
      { name: 'direction', type: 'VARCHAR', description: 'up or down.', sql: 'm.direction' },
      { name: 'place', type: 'INTEGER', description: 'Place in the ranking, from 1.', sql: 'm.place' },
      {
        name: 'last_observed_day',
        type: 'DATE',
        description: `Day of the newest profile (${pipeline.timeZone}), on which the change ends.`,
        sql: 'm.observed_day',
      },
      { name: 'user_id', type: 'VARCHAR', description: 'The creator.', sql: 'm.user_id' },
      { name: 'nickname', type: 'VARCHAR', description: 'Display name.', sql: ofRole(pipeline, 'displayName') },
      {
        name: 'profile_url',
        type: 'VARCHAR',
        description: 'Link to the profile.',
        sql: ofRole(pipeline, 'profileUrl'),
      },
      {
        name: 'tier',
        type: 'VARCHAR',
        description: tierText(pipeline, 'Size class by the newest followers.'),
        sql: ofRole(pipeline, 'tier'),
      },
      tierRankColumn(pipeline, ofRole(pipeline, 'tier')),
      {
        name: 'fans_before',
        type: 'BIGINT',
        description: 'Followers at the start of the change.',
        sql: 'm.fans - m.fans_change',
      },
      { name: 'fans', type: 'BIGINT', description: 'Followers on last_observed_day.', sql: 'm.fans' },
      { name: 'fans_change', type: 'BIGINT', description: 'fans - fans_before.', sql: 'm.fans_change' },
      {
        name: 'fans_change_share',
        type: 'DOUBLE',
        description: 'fans_change / fans_before: 0.1 is a tenth more; NULL if fans_before is 0.',
        sql: ratio('m.fans_change', '(m.fans - m.fans_change)'),
      },
      {
        name: 'days',
        type: 'INTEGER',
        description: `Days that fans_change spans: period_days, or a few more where that day has no profile (${SPANS.map(({ days, slack }) => `up to ${days + slack} for ${days}`).join(', ')}).`,
        sql: 'm.days',
      },
    ],
    from: `(WITH bounds AS MATERIALIZED (
  SELECT *, (SELECT max(observed_day) FROM creator_recent) AS newest FROM (${ALLOWED_DAYS})
) ${RANKINGS.map(leaders).join('\n  UNION ALL')}\n) AS m JOIN creators AS c ON c.user_id = m.user_id`,
  }
}
