import { all, quotedName, type Connection } from '../../core/duckdb.js'
import { unlabelled, type Sample } from '../../core/prometheusText.js'
import { columnOf, type Pipeline } from '../../model/pipeline.js'
import { freshMsSql, type AllowedAges } from '../../plan/maxAge.js'
import type { Samples } from './metricTable.js'

/** By what ids are judged. */
export interface AgeLimit {
  readonly pipeline: Pipeline
  /** When the run started, milliseconds since 1970: profiles are overdue as of then. */
  readonly startedAt: number
  readonly ages: AllowedAges
}

interface ListFacts {
  readonly list: string
  readonly tracked: boolean
  readonly ids: number
  readonly overdue: number
  readonly oldest_at: number | null
}

/** How many ids of each list are known, and how old they are. */
export async function samplesOfLists(
  connection: Connection,
  { pipeline, startedAt, ages }: AgeLimit,
): Promise<Samples> {
  const tier = columnOf(pipeline, 'tier')
  const sql = lists(freshMsSql(ages, tier === undefined ? undefined : `c.${quotedName(tier)}`))
  const rows = await all<ListFacts>(connection, sql, { startedAt, max_age_ms: ages.standard })
  const shown = nameable(rows, pipeline)
  const each = (value: (list: ListFacts) => number | null): Sample[] =>
    shown.flatMap((list) => unlabelled(value(list)).map(([, number]) => [{ list: list.list }, number] satisfies Sample))
  return {
    creator_enrich_list_ids: each(({ ids }) => ids),
    creator_enrich_list_tracked: each(({ tracked }) => (tracked ? 1 : 0)),
    creator_enrich_list_overdue_ids: each(({ overdue }) => overdue),
    creator_enrich_list_oldest_profile_timestamp_seconds: each(({ oldest_at }) => oldest_at && oldest_at / 1000),
  }
}

/**
 * Where the row of a run is missing, the answer's own time stands for the start of the run, as in the plan. Somebody whom the
 * API calls empty or invalid is never overdue.
 */
const lists = (allowedMs: string): string => `
WITH ids AS (SELECT DISTINCT list, user_id FROM list_members WHERE user_id IS NOT NULL)
SELECT
  l.list,
  coalesce(l.tracked, FALSE) AS tracked,
  l.ids,
  count(*) FILTER (
    ids.user_id IS NOT NULL AND (
      coalesce(c.status, 'never_fetched') = 'never_fetched'
      OR c.status = 'active' AND $startedAt - epoch_ms(coalesce(r.started_at, c.last_fetched_at)) > ${allowedMs}
    )
  ) AS overdue,
  min(c.last_fetched_at) FILTER (c.status = 'active') AS oldest_at
FROM lists AS l
LEFT JOIN ids ON ids.list = l.list
LEFT JOIN creators AS c ON c.user_id = ids.user_id
LEFT JOIN runs AS r ON r.run_id = c.run_id
GROUP BY l.list, l.tracked, l.ids
ORDER BY l.list`

/** A list may have the name of a person. No label names a person, so such lists share one label. */
function nameable(lists: readonly ListFacts[], pipeline: Pipeline): ListFacts[] {
  const byName = new Map<string, ListFacts>()
  for (const list of lists) {
    const name = 'id' in pipeline.parseId(list.list) ? '[id]' : list.list
    const other = byName.get(name)
    byName.set(name, {
      list: name,
      tracked: list.tracked || (other?.tracked ?? false),
      ids: list.ids + (other?.ids ?? 0),
      overdue: list.overdue + (other?.overdue ?? 0),
      oldest_at: Math.min(list.oldest_at ?? Infinity, other?.oldest_at ?? Infinity),
    })
  }
  return [...byName.values()].map((list) => (list.oldest_at === Infinity ? { ...list, oldest_at: null } : list))
}
