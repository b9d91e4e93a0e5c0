import { commandText } from '../../core/commandText.js'
import { all, first, type Connection } from '../../core/duckdb.js'
import { count, moneyText, NOT_KNOWN } from '../../core/text.js'
import { localTime } from '../../core/time.js'
import { NEWEST_RUNS_FIRST } from '../../model/clock.js'
import { percent, table } from '../../terminal/table.js'

/** The state of a list. Times are ISO 8601, UTC. */
export interface ListReport {
  readonly list: string
  readonly tracked: boolean
  readonly source: string
  readonly rows: number
  readonly ids: number
  readonly ids_with_profile: number
  /** 0 to 1; null when the list has no id. */
  readonly coverage: number | null
  readonly rejected: number
  readonly parked: number
  readonly last_read_at: string
  /** The price of one call for every id. */
  readonly nightly_price: number | null
  readonly currency: string | null
  /** Calls of this folder cost nothing; the price is that of real calls. */
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

/** A run that was cut off says no price. */
const LAST_PRICE = `SELECT price FROM runs WHERE price IS NOT NULL ORDER BY ${NEWEST_RUNS_FIRST} LIMIT 1`

/** The price of one call for every id of the tracked lists; an id in several of them counts once. Null without such an id. */
export async function readNightlyPrice(connection: Connection): Promise<number | null> {
  const tracked = await first<{ price: number | null }>(
    connection,
    `SELECT count(DISTINCT m.user_id) * coalesce(max(r.price), (${LAST_PRICE})) AS price
     FROM lists AS l JOIN list_members AS m USING (list) LEFT JOIN runs AS r ON r.run_id = l.run_id WHERE l.tracked`,
  )
  return tracked!.price
}

/** The lists of a data folder as a table, and the price of a night of the tracked lists. */
export function listsText(
  lists: readonly ListReport[],
  nightlyPrice: number | null,
  { columns, data, timeZone }: { columns: number; data: string; timeZone: string },
): string {
  if (lists.length === 0) return 'there is no list\n'
  const rows = lists.map((each) => [
    each.list,
    each.tracked ? 'yes' : 'no',
    count(each.rows),
    count(each.ids),
    percent(each.coverage),
    count(each.rejected),
    localTime(timeZone, Date.parse(each.last_read_at)),
    money(each.nightly_price, each.currency),
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
  const note = lists[0]!.simulated ? 'simulated data: the calls cost nothing, the prices are those of real calls\n' : ''
  return `${table(header, rows, columns)}\ntimes are those of ${timeZone}\n${nightly(lists, nightlyPrice, data)}\n${note}`
}

function nightly(lists: readonly ListReport[], price: number | null, data: string): string {
  const tracked = lists.filter((list) => list.tracked)
  const refresh = commandText(['run', '--tracked', '--data', data])
  if (tracked.length === 0) {
    const track = commandText(['run', '<list>', '--track', '--data', data])
    return `no list is tracked; this tracks one:\n  \`${track}\`\nand this refreshes those that are tracked:\n  \`${refresh}\``
  }
  const some =
    tracked.length === lists.length
      ? lists.length === 1
        ? 'the list'
        : `all ${count(lists.length)} lists`
      : `${count(tracked.length)} of ${count(lists.length)} lists`
  return `this refreshes ${some}, for ${money(price, lists[0]!.currency)} a night when every id is due:\n  \`${refresh}\``
}

function money(amount: number | null, currency: string | null): string {
  return amount === null || currency === null ? NOT_KNOWN : moneyText(amount, currency)
}
