import type { Connection } from '../../core/duckdb.js'
import { count, labelLine, labelParts } from '../../core/text.js'
import { readListCosts, readSpent, type ListSpent, type Spent } from '../../load/spent.js'
import { table } from '../../terminal/table.js'
import { exactMoney, spentParts } from '../spentText.js'

/** What a month has cost, as `costs --json` prints it. */
export interface CostsReport {
  readonly data: string
  /** `YYYY-MM`, in the time zone. */
  readonly month: string
  readonly time_zone: string
  readonly currency: string
  readonly total: Spent
  /** An id in k lists of a run counts 1/k in each; `list` is null where no list is known. */
  readonly lists: readonly ListSpent[]
}

/** @throws UsageError when the published file is of an older version, by way of `withPublished` */
export async function readCosts(
  connection: Connection,
  month: string,
  data: string,
  { zone, currency }: { readonly zone: string; readonly currency: string },
): Promise<CostsReport> {
  const lists = await readListCosts(connection, month)
  const total = await readSpent(connection, `${month}-01`, `${month}-${lastDayOf(month)}`)
  return { data, month, time_zone: zone, currency, total, lists }
}

/** The costs as a table. */
export function costsText({ month, time_zone, currency, total, lists }: CostsReport, columns: number): string {
  const lines = [labelLine('month', `${month} (${time_zone})`), labelParts('money', spentParts(total, currency))]
  if (lists.length === 0) return `${lines.join('\n')}\n`
  const rows = lists.map((each) => [
    each.list ?? '(not known)',
    ...[each.asked_ids, each.calls, each.billed, each.maybe_billed].map(count),
    exactMoney(each.money_billed, currency),
    exactMoney(each.money_maybe_billed, currency),
  ])
  const header = [
    { title: 'list', cut: true },
    ...['asked', 'calls', 'billed', 'maybe', 'money', 'up to more'].map((title) => ({ title, right: true })),
  ]
  return `${lines.join('\n')}\n\n${table(header, rows, columns)}`
}

function lastDayOf(month: string): number {
  const [year, number] = month.split('-').map(Number)
  return new Date(Date.UTC(year!, number, 0)).getUTCDate()
}
