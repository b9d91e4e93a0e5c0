import { all } from '../core/duckdb.js'
import type { Count } from '../core/text.js'
import { growthOf, type ReportSource } from './source.js'

/** A list with its creators that have a profile. */
export interface ListFigures {
  readonly list: string
  readonly creators: number
  readonly fans: Count | null
  readonly medianFans: number | null
  readonly medianPerPost: number | null
  /** Share of followers gained over the period by the creators known at both ends; null if there are none. */
  readonly growth: number | null
}

/** The lists of the report, those with most followers first. */
export async function readListFigures({ connection, list }: ReportSource): Promise<ListFigures[]> {
  const rows = await all<
    Omit<ListFigures, 'growth'> & { readonly before: Count | null; readonly change: Count | null }
  >(
    connection,
    `SELECT l.list, count(*) AS creators, TRY_CAST(sum(p.fans) AS BIGINT) AS fans, median(p.fans) AS "medianFans",
      median(p.engagement_per_post) AS "medianPerPost", TRY_CAST(sum(p.fans - p.change) AS BIGINT) AS before,
      TRY_CAST(sum(p.change) AS BIGINT) AS change
    FROM creator_lists AS l JOIN report_people AS p ON p.user_id = l.user_id
    ${list === undefined ? '' : 'WHERE l.list = $list'}
    GROUP BY l.list ORDER BY sum(p.fans) DESC NULLS LAST, l.list`,
    list === undefined ? {} : { list: list.name },
  )
  return rows.map(({ before, change, ...figures }) => ({ ...figures, growth: growthOf({ before, change }) }))
}
