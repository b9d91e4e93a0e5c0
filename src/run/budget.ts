import { first, type Connection } from '../core/duckdb.js'
import { dayIn } from '../core/time.js'
import type { Pipeline } from '../model/pipeline.js'

/**
 * Money that the runs of this folder have spent, or may have spent, on the day of `now` in the pipeline's time zone. Calls
 * are not stored by the hour, so a run that began before that day and may have ended in it counts whole: the sum may be too
 * large, never too small.
 * @param price of one call, for runs that left no receipt
 */
export async function spentToday(
  connection: Connection,
  { timeZone }: Pick<Pipeline, 'timeZone'>,
  now: number,
  price: number,
): Promise<number> {
  const found = await first<{ spent: number }>(connection, SPENT, {
    zone: timeZone,
    today: dayIn(timeZone, now),
    price,
  })
  return found!.spent
}

/** A run without a receipt ended some time after its last stored call; if there is none, within a day of its start. */
const SPENT = `
SELECT coalesce(sum(coalesce(money_billed + money_maybe_billed, (billed_calls + maybe_billed_calls) * $price)), 0)::DOUBLE AS spent
FROM runs
WHERE CAST(coalesce(finished_at, last_call_at, started_at + INTERVAL 1 DAY) AT TIME ZONE $zone AS DATE) >= $today::DATE`
