import { all, type Connection } from '../../core/duckdb.js'
import { count } from '../../core/text.js'
import { localTime } from '../../core/time.js'
import { percent, table } from '../../terminal/table.js'

/** How a list stands. Instants are ISO 8601, UTC. */
export interface ListReport {
  readonly list: string
  readonly tracked: boolean
  readonly source: string
  readonly rows: number
  readonly ids: number
  readonly ids_with_profile: number
  /** 0 to 1; null if there is no id. */
  readonly coverage: number | null
  readonly rejected: number
  readonly parked: number
  readonly last_read_at: string
  /** What asking for every id once costs. */
  readonly nightly_price: number | null
  readonly currency: string | null
  /** Calls of this folder cost nothing: the price is what real ones would cost. */
  readonly simulated: boolean
}

/** Every list of the published file, by name. */
export async function readLists(connection: Connection): Promise<ListReport[]> {
  const lists = await all<Omit<ListReport, 'last_read_at'> & { last_read_at: number }>(
    connection,
    `SELECT
       o.list, o.tracked, l.source, o.row_count AS rows, o.id_count AS ids, o.ids_with_profile, o.coverage,
       o.rows_rejected AS rejected, o.rows_parked AS parked, o.last_read_at, o.nightly_price, o.currency,
       coalesce((SELECT simulated FROM data_folder), FALSE) AS simulated
     FROM list_overview AS o JOIN lists AS l USING (list) ORDER BY o.list`,
  )
  return lists.map((list) => ({ ...list, last_read_at: new Date(list.last_read_at).toISOString() }))
}

/** The lists as a table for people, and what the tracked ones cost a night. */
export function listsText(lists: readonly ListReport[], columns: number): string {
  if (lists.length === 0) return 'no list was read yet\n'
  const rows = lists.map((each) => [
    each.list,
    each.tracked ? 'yes' : 'no',
    count(each.rows),
    count(each.ids),
    percent(each.coverage),
    count(each.rejected),
    localTime(Date.parse(each.last_read_at)).slice(0, -3),
    money(each.nightly_price),
  ])
  const header = [
    { title: 'list', cut: true },
    { title: 'tracked' },
    { title: 'rows', right: true },
    { title: 'ids', right: true },
    { title: 'known', right: true },
    { title: 'rejected', right: true },
    { title: 'last read' },
    { title: 'a night', right: true },
  ]
  const invented = lists[0]!.simulated
    ? 'simulated data: its calls cost nothing, the prices are those of real ones\n'
    : ''
  return `${table(header, rows, columns)}\n${nightly(lists)}\n${invented}`
}

function nightly(lists: readonly ListReport[]): string {
  const tracked = lists.filter((list) => list.tracked)
  if (tracked.length === 0)
    return 'none is tracked: `creator-enrich run <list> --track` refreshes it with `run --tracked`'
  const price = tracked.reduce((sum, list) => sum + (list.nightly_price ?? 0), 0)
  const several = tracked.length > 1 ? ', less where an id is in several of them' : ''
  return `\`run --tracked\` refreshes ${tracked.length} of ${lists.length}, for up to ${money(price)} a night${several}`
}

function money(amount: number | null): string {
  return amount === null ? '–' : `¥${amount.toFixed(2)}`
}
