import { first, type Connection } from '../database.js'
import type { Pipeline } from '../pipeline.js'
import { dayIn } from '../time.js'

/**
 * Money that the runs of this folder have spent, or may have, on the day of `now` in the pipeline's zone. Calls are not kept
 * by the hour, so a run that began before that day and may have gone on into it counts whole: rather too much than too little.
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

/** A run without a receipt was cut off, nobody knows when: within a day, for it cannot have missed two nights. */
const SPENT = `
SELECT coalesce(sum(spent), 0)::DOUBLE AS spent
FROM (
  SELECT
    coalesce(
      any_value(runs.money_billed) + any_value(runs.money_maybe_billed),
      sum(codes.billed + codes.maybe_billed) * $price
    ) AS spent
  FROM runs LEFT JOIN run_codes AS codes USING (run_id)
  WHERE CAST(coalesce(finished_at, started_at + INTERVAL 1 DAY) AT TIME ZONE $zone AS DATE) >= $today::DATE
  GROUP BY run_id
)`
