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
 * @param price of one call, for runs that left no receipt
 */
export async function spentByDay(
  connection: Connection,
  { timeZone }: Pick<Pipeline, 'timeZone'>,
  now: number,
  price: number,
): Promise<ReadonlyMap<string, number>> {
  const days = await moneyByDay(connection, timeZone, dayIn(timeZone, now), price)
  return new Map(days.map(({ day, billed, maybe_billed }) => [day, billed + maybe_billed]))
}

/**
 * The same, from a given day on. A call counts for the day in which it was sent. The runs of older versions do not say that:
 * each counts whole for its last day.
 */
export function moneyByDay(
  connection: Connection,
  timeZone: string,
  firstDay: string,
  price: number,
): Promise<DayMoney[]> {
  return all<DayMoney>(connection, SPENT, { zone: timeZone, firstDay, price })
}

/** A run without a receipt is taken to end at its last stored call; without a stored call, a day after its start. */
const SPENT = `
WITH
  by_day AS (
    SELECT
      coalesce(price, $price) AS price,
      unnest(from_json(billed_by_day, '[{"day": "VARCHAR", "billed": "BIGINT", "maybe_billed": "BIGINT"}]')) AS calls
    FROM runs WHERE billed_by_day IS NOT NULL
  ),
  spent AS (
    SELECT calls.day AS day, calls.billed * price AS billed, calls.maybe_billed * price AS maybe_billed FROM by_day
    UNION ALL
    SELECT
      CAST(CAST(coalesce(finished_at, last_call_at, started_at + INTERVAL 1 DAY) AT TIME ZONE $zone AS DATE) AS VARCHAR),
      coalesce(money_billed, billed_calls * $price),
      coalesce(money_maybe_billed, maybe_billed_calls * $price)
    FROM runs WHERE billed_by_day IS NULL
  )
SELECT day, sum(billed)::DOUBLE AS billed, sum(maybe_billed)::DOUBLE AS maybe_billed
FROM spent WHERE day >= $firstDay AND billed + maybe_billed > 0 GROUP BY day`
