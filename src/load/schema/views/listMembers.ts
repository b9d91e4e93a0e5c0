import type { Pipeline } from '../../../model/pipeline.js'
import { localDayOf, ofRole, ratio, total, type ViewDefinition } from '../definition.js'

const MEMBERS = '(SELECT DISTINCT list, user_id FROM list_members WHERE user_id IS NOT NULL)'

/** Who is in which list: the join from any view of creators to lists. */
export function creatorLists(): ViewDefinition {
  return {
    name: 'creator_lists',
    description: 'One row for each list and id in it, however many rows have the id. Key: list, user_id.',
    columns: [
      { name: 'list', type: 'VARCHAR', description: 'Name of the list.', sql: 'm.list' },
      { name: 'user_id', type: 'VARCHAR', description: 'An id in the list.', sql: 'm.user_id' },
    ],
    from: `${MEMBERS} AS m`,
  }
}

/** What lists have in common. */
export function listOverlap(pipeline: Pipeline): ViewDefinition {
  return {
    name: 'list_overlap',
    description: 'One row for each pair of lists with common ids, in both directions. Key: list, other_list.',
    columns: [
      { name: 'list', type: 'VARCHAR', description: 'Name of the list.', sql: 'o.list' },
      { name: 'other_list', type: 'VARCHAR', description: 'Name of another list.', sql: 'o.other_list' },
      { name: 'common_ids', type: 'BIGINT', description: 'Ids that are in both.', sql: 'o.ids' },
      {
        name: 'common_share',
        type: 'DOUBLE',
        description: 'common_ids / ids of the list: 1 if all of it is in the other list.',
        sql: ratio('o.ids', 'l.ids'),
      },
      {
        name: 'common_fans',
        type: 'BIGINT',
        description: 'Followers of the creators in both lists together.',
        sql: total('o.fans'),
      },
    ],
    from: `(
  SELECT a.list, b.list AS other_list, count(*) AS ids, sum(CAST(${ofRole(pipeline, 'followers')} AS BIGINT)) AS fans
  FROM ${MEMBERS} AS a
  JOIN ${MEMBERS} AS b ON b.user_id = a.user_id AND b.list <> a.list
  LEFT JOIN creators AS c ON c.user_id = a.user_id
  GROUP BY a.list, b.list
) AS o
JOIN (SELECT list, count(*) AS ids FROM ${MEMBERS} GROUP BY list) AS l ON l.list = o.list`,
  }
}

/** The rows of the inputs, each with its own columns under their names. */
export function rowsOfLists({ timeZone }: Pipeline): ViewDefinition {
  return {
    name: 'list_rows',
    description: 'One row for each input row of each list, as of its last run. Key: list, row_number.',
    columns: [
      { name: 'list', type: 'VARCHAR', description: 'Name of the list.', sql: 'm.list' },
      {
        name: 'row_number',
        type: 'BIGINT',
        description: 'Number of the row in the input, from 1.',
        sql: 'm.row_number',
      },
      {
        name: 'last_read_day',
        type: 'DATE',
        description: `Day on which the list was read last (${timeZone}).`,
        sql: localDayOf(timeZone, 'l.last_read_at'),
      },
      { name: 'user_id', type: 'VARCHAR', description: 'The id in the row; NULL without one.', sql: 'm.user_id' },
      {
        name: 'status',
        type: 'VARCHAR',
        description: 'The same as row_status.',
        sql: 'm.status',
      },
      {
        name: 'row_status',
        type: 'VARCHAR',
        description: 'The row in the last run of the list: enriched, reused, empty, failed, rejected or parked.',
        sql: 'm.status',
      },
      {
        name: 'reason',
        type: 'VARCHAR',
        description: 'Why it failed, was rejected or parked; NULL for the other statuses.',
        sql: 'm.reason',
      },
      {
        name: 'own_columns',
        type: 'VARCHAR',
        description: `JSON object: the cells of the input by the names of its columns, such as own_columns ->> '$.campaign'.`,
        sql: OWN_COLUMNS,
      },
    ],
    from: `list_members AS m LEFT JOIN lists AS l ON l.list = m.list`,
  }
}

/** Lambdas would need another syntax for old clients than for new ones. */
const OWN_COLUMNS = `(
    SELECT '{' || string_agg(to_json(name) || ':' || coalesce(to_json(cell), 'null'), ',' ORDER BY place) || '}'
    FROM (
      SELECT unnest(names) AS name, unnest(cells) AS cell, unnest(range(len(names))) AS place
      FROM (SELECT from_json(l.columns, '["VARCHAR"]') AS names, from_json(m.input, '["VARCHAR"]') AS cells)
    )
    WHERE name IS NOT NULL
  )`
