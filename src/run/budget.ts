import { first, type Connection } from '../core/duckdb.js'
import { dayIn } from '../core/time.js'
import type { Pipeline } from '../model/pipeline.js'

/**
 * The money that the runs of this folder have spent, or may have spent, on the day of `now` in the pipeline's time zone.
 * Table `runs` does not store the time of each call. So a run that began before that day and may have ended on it counts
 * whole: the sum may be too large, never too small.
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

/** A run without a receipt is taken to end at its last stored call; without a stored call, a day after its start. */
const SPENT = `
SELECT coalesce(sum(coalesce(money_billed + money_maybe_billed, (billed_calls + maybe_billed_calls) * $price)), 0)::DOUBLE AS spent
FROM runs
WHERE CAST(coalesce(finished_at, last_call_at, started_at + INTERVAL 1 DAY) AT TIME ZONE $zone AS DATE) >= $today::DATE`
