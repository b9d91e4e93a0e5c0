import { DAY_MS } from '../../../core/time.js'
import { NEWEST_RUNS_FIRST } from '../../../model/clock.js'
import type { Pipeline, Role } from '../../../model/pipeline.js'
import { SPANS } from '../dayTables.js'
import { ofRole, ratio, utc, type ViewColumn, type ViewDefinition } from '../definition.js'
import { ALLOWED_SECONDS, allowedAgeJoin } from './allowedAge.js'

/** The most wanted columns of a creator, under the same names for every pipeline. */
export function creatorOverview(pipeline: Pipeline): ViewDefinition {
  const role = (name: Role): string => ofRole(pipeline, name)
  const [fans, engagement, posts] = [role('followers'), role('engagement'), role('posts')]
  return {
    name: 'creator_overview',
    description: 'One row for each creator that ever had a profile: the newest profile in few columns. Key: user_id.',
    columns: [
      { name: 'user_id', type: 'VARCHAR', description: 'The creator.', sql: 'c.user_id' },
      { name: 'nickname', type: 'VARCHAR', description: 'Display name.', sql: role('displayName') },
      { name: 'profile_url', type: 'VARCHAR', description: 'Link to the profile.', sql: role('profileUrl') },
      {
        name: 'status',
        type: 'VARCHAR',
        description: 'The last conclusive answer: active, empty (the profile is gone) or invalid.',
        sql: 'c.status',
      },
      { name: 'tier', type: 'VARCHAR', description: 'Size class by followers.', sql: role('tier') },
      { name: 'fans', type: 'BIGINT', description: 'Followers.', sql: fans },
      {
        name: 'fans_change_1d',
        type: 'BIGINT',
        description: 'Change of fans since the day before last_observed_day; NULL if that day has no profile.',
        sql: 'r.fans_change_1d',
      },
      ...SPANS.map(({ days, slack }): ViewColumn => {
        return {
          name: `fans_change_${days}d`,
          type: 'BIGINT',
          description: `Change of fans since the last profile ${days} to ${days + slack} days before last_observed_day; NULL if there is none.`,
          sql: `r.fans_change_${days}d`,
        }
      }),
      {
        name: 'engagement',
        type: 'BIGINT',
        description: 'Engagement (likes, collects …) of all posts together.',
        sql: engagement,
      },
      { name: 'posts', type: 'BIGINT', description: 'Posts.', sql: posts },
      {
        name: 'engagement_per_post',
        type: 'DOUBLE',
        description: 'engagement / posts; NULL without posts.',
        sql: ratio(engagement, posts),
      },
      {
        name: 'engagement_per_fan',
        type: 'DOUBLE',
        description: 'engagement / fans; NULL without fans.',
        sql: ratio(engagement, fans),
      },
      {
        name: 'age',
        type: 'BIGINT',
        description: 'Age in years; NULL if the profile does not say it.',
        sql: role('age'),
      },
      { name: 'gender', type: 'VARCHAR', description: 'Gender.', sql: role('gender') },
      { name: 'province', type: 'VARCHAR', description: 'Region, as the platform shows it.', sql: role('region') },
      { name: 'verification', type: 'VARCHAR', description: 'Kind of verification.', sql: role('verification') },
      {
        name: 'first_seen_at',
        type: 'TIMESTAMP',
        description: 'When the first profile was received, UTC.',
        sql: utc('c.first_seen_at'),
      },
      {
        name: 'last_fetched_at',
        type: 'TIMESTAMP',
        description: 'When the newest profile was received, UTC.',
        sql: utc('c.last_fetched_at'),
      },
      {
        name: 'last_changed_at',
        type: 'TIMESTAMP',
        description: 'When the current attributes were first seen, UTC.',
        sql: utc('c.last_changed_at'),
      },
      {
        name: 'last_observed_day',
        type: 'DATE',
        description: `Day of the newest profile (${pipeline.timeZone}); the changes end on it.`,
        sql: 'r.observed_day',
      },
      {
        name: 'staleness',
        type: 'INTEGER',
        description: 'Whole days from last_fetched_at until now.',
        sql: `greatest(0, (epoch_us(now()) - epoch_us(c.last_fetched_at)) // ${DAY_MS * 1000})`,
      },
      {
        name: 'allowed_age_days',
        type: 'DOUBLE',
        description:
          'How many days old the profile may get: --max-age of the last `run --tracked`, or of the last run where there was none; NULL if that run does not say.',
        sql: `${ALLOWED_SECONDS} / ${DAY_MS / 1000}`,
      },
      {
        name: 'is_overdue',
        type: 'BOOLEAN',
        description:
          'TRUE: the profile was older than allowed_age_days when the newest run started, and has not been fetched since. NULL if allowed_age_days is.',
        sql: `(epoch_us(newest.started_at) - epoch_us(c.last_fetched_at)) // 1000000 > ${ALLOWED_SECONDS}`,
      },
    ],
    from: `creators AS c LEFT JOIN creator_recent AS r ON r.user_id = c.user_id
LEFT JOIN (SELECT started_at FROM runs ORDER BY ${NEWEST_RUNS_FIRST} LIMIT 1) AS newest ON TRUE ${allowedAgeJoin(role('tier'))}
WHERE c.last_fetched_at IS NOT NULL`,
  }
}
