import { all, first, type Connection } from '../core/duckdb.js'
import { HAS_SPENDING } from './sql/spending.sql.js'

/** Calls and money of all runs in a period; simulated calls cost nothing. */
export interface Spent {
  readonly asked_ids: number
  readonly calls: number
  readonly billed: number
  readonly maybe_billed: number
  readonly money_billed: number
  readonly money_maybe_billed: number
  /** Billed and maybe billed calls whose price is not known: the money does not contain them. */
  readonly unpriced: number
}

/** Calls and money of a list, or of calls for which no list is known. */
export interface ListSpent extends Spent {
  readonly list: string | null
}

/** Whether the published file is of a version that stores the spending. */
export async function hasSpending(connection: Connection): Promise<boolean> {
  return (await first(connection, HAS_SPENDING)) !== undefined
}

/** The zone of the days, as the pipeline of the folder says; UTC in a file of a version that did not say it. */
export async function readTimeZone(connection: Connection): Promise<string> {
  const folder = await first<{ zone: string | null }>(
    connection,
    `SELECT daily ->> '$.time_zone' AS zone FROM data_folder`,
  )
  return folder?.zone ?? 'UTC'
}

/** The calls and the money of all runs from one day to another, both included; days are `YYYY-MM-DD`. */
export async function readSpent(connection: Connection, from: string, to: string): Promise<Spent> {
  const found = await first<Spent>(
    connection,
    `SELECT
       coalesce(sum(asked_ids), 0)::BIGINT AS asked_ids, coalesce(sum(calls), 0)::BIGINT AS calls,
       coalesce(sum(billed_calls), 0)::BIGINT AS billed, coalesce(sum(maybe_billed_calls), 0)::BIGINT AS maybe_billed,
       coalesce(sum(money_billed), 0) AS money_billed, coalesce(sum(money_maybe_billed), 0) AS money_maybe_billed,
       coalesce(sum(unpriced_calls), 0)::BIGINT AS unpriced
     FROM spend_daily WHERE calendar_day BETWEEN $from::DATE AND $to::DATE`,
    { from, to },
  )
  return { ...found!, ...exact(found!) }
}

/** What each list has cost in a month (`YYYY-MM`), the most expensive first. */
export async function readListCosts(connection: Connection, month: string): Promise<ListSpent[]> {
  const lists = await all<ListSpent>(
    connection,
    `SELECT list, asked_ids, calls, billed_calls AS billed, maybe_billed_calls AS maybe_billed, money_billed,
       money_maybe_billed, unpriced_calls AS unpriced
     FROM list_costs WHERE strftime(calendar_month, '%Y-%m') = $month ORDER BY money_billed DESC, billed DESC, list`,
    { month },
  )
  return lists.map((list) => ({ ...list, ...exact(list) }))
}

/** Without the binary fractions of sums of DOUBLE: the parts have six decimals. */
function exact(spent: Pick<Spent, 'money_billed' | 'money_maybe_billed'>): typeof spent {
  const round = (amount: number): number => Math.round(amount * 1e6) / 1e6
  return { money_billed: round(spent.money_billed), money_maybe_billed: round(spent.money_maybe_billed) }
}
