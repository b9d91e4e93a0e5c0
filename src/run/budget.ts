import { all, type Connection } from '../core/duckdb.js'
import { dayIn } from '../core/time.js'
import type { Pipeline } from '../model/pipeline.js'

/** Money of the runs of a folder on one calendar day of the pipeline's zone, `YYYY-MM-DD`. */
export interface DayMoney {
  readonly day: string
  readonly billed: number
  readonly maybe_billed: number
}

/**
 * Money that the runs of this folder have spent, or may have spent, on each day from that of `now` on, in the pipeline's
 * time zone.
 * @param price of one call whose price is not known
 */
export async function spentByDay(
  connection: Connection,
  { timeZone }: Pick<Pipeline, 'timeZone'>,
  now: number,
  price: number,
): Promise<ReadonlyMap<string, number>> {
  const days = await moneyByDay(connection, dayIn(timeZone, now), price)
  return new Map(days.map(({ day, billed, maybe_billed }) => [day, billed + maybe_billed]))
}

/** The same, from a given day on. A call counts for the day in which it was sent. */
export function moneyByDay(connection: Connection, firstDay: string, price: number): Promise<DayMoney[]> {
  return all<DayMoney>(connection, MONEY, { firstDay, price })
}

const MONEY = `
SELECT
  calendar_day::VARCHAR AS day,
  sum(coalesce(money_billed, billed_calls * $price))::DOUBLE AS billed,
  sum(coalesce(money_maybe_billed, maybe_billed_calls * $price))::DOUBLE AS maybe_billed
FROM spending WHERE calendar_day >= $firstDay::DATE
GROUP BY calendar_day HAVING sum(billed_calls + maybe_billed_calls) > 0`
