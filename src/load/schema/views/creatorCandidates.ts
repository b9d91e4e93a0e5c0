import { quotedName, quotedText } from '../../../core/duckdb.js'
import { columnOf, type Mentions, type Pipeline } from '../../../model/pipeline.js'
import { localDayOf, ofRole, total, utc, type ViewDefinition } from '../definition.js'

/** People that creators mention and that are in no list. */
export function creatorCandidates(pipeline: Pipeline): ViewDefinition {
  return {
    name: 'creator_candidates',
    description:
      'Users that creators mention in their newest profile and that are in no list. Mentions of oneself, and those without a valid id, do not count. Key: user_id.',
    columns: [
      { name: 'user_id', type: 'VARCHAR', description: 'The mentioned user.', sql: 'm.user_id' },
      {
        name: 'last_mentioned_day',
        type: 'DATE',
        description: `Day of last_mentioned_at (${pipeline.timeZone}).`,
        sql: localDayOf(pipeline.timeZone, 'm.last_mentioned_at'),
      },
      {
        name: 'nickname',
        type: 'VARCHAR',
        description: 'Display name in the newest mention.',
        sql: 'm.latest.nickname',
      },
      {
        name: 'mentioned_by',
        type: 'BIGINT',
        description: 'Number of creators that mention the user.',
        sql: 'm.mentioned_by',
      },
      {
        name: 'mentioners_fans',
        type: 'BIGINT',
        description: 'Followers of these creators together.',
        sql: total('m.mentioners_fans'),
      },
      {
        name: 'top_mentioner_id',
        type: 'VARCHAR',
        description: 'The one of these creators with most followers.',
        sql: 'm.top.user_id',
      },
      {
        name: 'top_mentioner_nickname',
        type: 'VARCHAR',
        description: 'Display name of that creator.',
        sql: 'm.top.nickname',
      },
      {
        name: 'top_mentioner_fans',
        type: 'BIGINT',
        description: 'Followers of that creator.',
        sql: 'nullif(m.top.fans, -1)',
      },
      {
        name: 'last_mentioned_at',
        type: 'TIMESTAMP',
        description: 'When the newest profile with a mention of the user was received, UTC.',
        sql: utc('m.last_mentioned_at'),
      },
    ],
    from: pipeline.mentions ? `(${mentioned(pipeline, pipeline.mentions)}\n) AS m` : NO_CANDIDATES,
  }
}

/** A profile may mention a user twice. `top` and `latest` are the maxima by their first field. */
function mentioned(pipeline: Pipeline, { table, id, displayName, idPattern }: Mentions): string {
  const fans = columnOf(pipeline, 'followers') ? `coalesce(${ofRole(pipeline, 'followers')}, -1)` : '-1'
  const nickname = displayName === undefined ? 'CAST(NULL AS VARCHAR)' : `max(nullif(t.${quotedName(displayName)}, ''))`
  return `
  SELECT
    user_id,
    count(*) AS mentioned_by,
    sum(nullif(fans, -1)) AS mentioners_fans,
    max(struct_pack(fans := fans, user_id := mentioner, nickname := mentioner_nickname)) AS top,
    max(struct_pack(at_us := epoch_us(mentioned_at), user_id := mentioner, nickname := nickname))
      FILTER (WHERE nickname IS NOT NULL) AS latest,
    max(mentioned_at) AS last_mentioned_at
  FROM (
    SELECT
      t.${quotedName(id)} AS user_id,
      c.user_id AS mentioner,
      any_value(CAST(${ofRole(pipeline, 'displayName')} AS VARCHAR)) AS mentioner_nickname,
      any_value(CAST(${fans} AS BIGINT)) AS fans,
      ${nickname} AS nickname,
      any_value(c.last_fetched_at) AS mentioned_at
    FROM ${quotedName(table)} AS t JOIN creators AS c ON c.user_id = t.user_id
    WHERE regexp_full_match(t.${quotedName(id)}, ${quotedText(idPattern)}) AND t.${quotedName(id)} <> c.user_id
      AND NOT EXISTS (SELECT 1 FROM list_members AS l WHERE l.user_id = t.${quotedName(id)})
    GROUP BY t.${quotedName(id)}, c.user_id
  )
  GROUP BY user_id`
}

const NO_CANDIDATES = `(
  SELECT
    NULL AS user_id, 0 AS mentioned_by, 0 AS mentioners_fans, CAST(NULL AS TIMESTAMPTZ) AS last_mentioned_at,
    struct_pack(fans := 0, user_id := '', nickname := '') AS top, struct_pack(nickname := '') AS latest
) AS m WHERE FALSE`
