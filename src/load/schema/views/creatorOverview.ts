import { DAY_MS } from '../../../core/time.js'
import { NEWEST_RUNS_FIRST } from '../../../model/clock.js'
import type { Pipeline, Role } from '../../../model/pipeline.js'
import { SPANS } from '../dayTables.js'
import {
  localDayOf,
  ofRole,
  ratio,
  tierRankColumn,
  tierText,
  utc,
  type ViewColumn,
  type ViewDefinition,
} from '../definition.js'
import { ALLOWED_SECONDS, allowedAgeJoin } from './allowedAge.js'
import { includedTable, includedViewColumns } from './includedColumns.js'
import { regionJoin, regionKind, regionName } from './region.js'

/**
 * The most wanted columns of a creator, under the same names for every pipeline.
 * @param included the pipeline of the folder whose rows are in the same file; its columns come last
 */
export function creatorOverview(pipeline: Pipeline, included?: Pipeline): ViewDefinition {
  const role = (name: Role): string => ofRole(pipeline, name)
  const [fans, engagement, posts] = [role('followers'), role('engagement'), role('posts')]
  const verification = role('verification')
  const rate = rateOf(engagement, posts, fans)
  return {
    name: 'creator_overview',
    description: 'One row for each creator that ever had a profile: the newest profile in few columns. Key: user_id.',
    columns: [
      { name: 'user_id', type: 'VARCHAR', description: 'The creator.', sql: 'c.user_id' },
      {
        name: 'last_observed_day',
        type: 'DATE',
        description: `Day of the newest profile (${pipeline.timeZone}); the changes end on it.`,
        sql: 'r.observed_day',
      },
      { name: 'nickname', type: 'VARCHAR', description: 'Display name.', sql: role('displayName') },
      { name: 'profile_url', type: 'VARCHAR', description: 'Link to the profile.', sql: role('profileUrl') },
      {
        name: 'status',
        type: 'VARCHAR',
        description: 'The same as creator_status.',
        sql: 'c.status',
      },
      {
        name: 'creator_status',
        type: 'VARCHAR',
        description: 'The last conclusive answer: active, empty (the profile is gone) or invalid.',
        sql: 'c.status',
      },
      {
        name: 'tier',
        type: 'VARCHAR',
        description: tierText(pipeline, 'Size class by the newest followers.'),
        sql: role('tier'),
      },
      tierRankColumn(pipeline, role('tier')),
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
        description:
          'Engagement (likes, collects …) that all posts ever had, as a total until the newest profile. It is not a rate: an old account has more.',
        sql: engagement,
      },
      { name: 'posts', type: 'BIGINT', description: 'Posts.', sql: posts },
      {
        name: 'engagement_per_post',
        type: 'DOUBLE',
        description: 'engagement / posts: the average of all posts ever, old ones too; NULL without posts.',
        sql: ratio(engagement, posts),
      },
      {
        name: 'engagement_per_fan',
        type: 'DOUBLE',
        description: 'engagement / fans: engagement of all posts ever for each follower of today; NULL without fans.',
        sql: ratio(engagement, fans),
      },
      {
        name: 'engagement_rate',
        type: 'DOUBLE',
        description:
          'engagement / posts / fans: the average engagement of a post, over all posts ever, as a share of the followers of today: 0.05 is 5%. Comments, and single posts, are not known. NULL without posts or fans.',
        sql: rate,
      },
      {
        name: 'engagement_vs_tier',
        type: 'DOUBLE',
        description:
          'engagement_rate / its median over all creators of the same tier, whatever their lists: 1 is usual for the size, 2 is twice that. NULL if one of them is not known, or the median is 0.',
        sql: ratio(rate, 'usual.rate'),
      },
      {
        name: 'age',
        type: 'BIGINT',
        description: 'Age in years; NULL if the profile does not say it.',
        sql: role('age'),
      },
      {
        name: 'gender',
        type: 'VARCHAR',
        description: 'Gender as a word: gender_label, but NULL if it is not known. A code only in creators.gender.',
        sql: `nullif(${role('gender')}, 'unknown')`,
      },
      {
        name: 'gender_label',
        type: 'VARCHAR',
        description: 'Gender as a word, as in table creators: "unknown" if it is not known.',
        sql: role('gender'),
      },
      {
        name: 'province',
        type: 'VARCHAR',
        description:
          'Region: a province under one name, however the platform writes it, or a country as the platform writes it: see region_kind. NULL if it is not known.',
        sql: regionName(pipeline),
      },
      {
        name: 'region_kind',
        type: 'VARCHAR',
        description: 'What the column province holds: province or country; NULL if the region is not known.',
        sql: regionKind(pipeline),
      },
      {
        name: 'verification',
        type: 'VARCHAR',
        description: 'Kind of verification: none, or which; NULL if it is not known.',
        sql: verification,
      },
      {
        name: 'is_verified',
        type: 'BOOLEAN',
        description: 'Whether verification is another word than none; NULL if it is not known.',
        sql: `${verification} <> 'none'`,
      },
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
        name: 'staleness',
        type: 'INTEGER',
        description: `Days from last_observed_day to the day on which the newest run started (${pipeline.timeZone}): 0 if the profile is of that day. NULL without a run.`,
        sql: `greatest(0, ${localDayOf(pipeline.timeZone, 'newest.started_at')} - r.observed_day)`,
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
      ...(included ? includedViewColumns(included) : []),
    ],
    from: `creators AS c LEFT JOIN creator_recent AS r ON r.user_id = c.user_id
LEFT JOIN (
  SELECT tier, median(${rateOf('t.engagement', 't.posts', 't.fans')}) AS rate FROM creator_recent AS t GROUP BY tier
) AS usual ON usual.tier = r.tier${regionJoin(pipeline)}
LEFT JOIN (SELECT started_at FROM runs ORDER BY ${NEWEST_RUNS_FIRST} LIMIT 1) AS newest ON TRUE ${allowedAgeJoin(role('tier'))}${included ? `\nLEFT JOIN ${includedTable(included)} AS i ON i.user_id = c.user_id` : ''}
WHERE c.last_fetched_at IS NOT NULL`,
  }
}

/** SQL for the engagement of an average post as a share of the followers. */
function rateOf(engagement: string, posts: string, fans: string): string {
  return `CASE WHEN ${posts} > 0 AND ${fans} > 0 THEN CAST(${engagement} AS DOUBLE) / ${posts} / ${fans} END`
}
