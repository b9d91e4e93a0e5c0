import { DAY_MS } from '../../../core/time.js'
import { NEWEST_RUNS_FIRST } from '../../../model/clock.js'

/**
 * A query of one row at most: `seconds` and `by_tier`, how old profiles may get. The last night of the tracked lists says so,
 * else the last run: a run by hand with another age must not make all profiles look too old.
 */
const LAST_AGES = `
SELECT max_age_seconds AS seconds, max_age_by_tier AS by_tier FROM runs WHERE max_age_seconds IS NOT NULL
ORDER BY tracked IS NOT TRUE, ${NEWEST_RUNS_FIRST} LIMIT 1`

const TIER_AGES = `
SELECT split_part(pair, '=', 1) AS tier, CAST(split_part(pair, '=', 2) AS BIGINT) AS seconds
FROM (SELECT unnest(string_split(by_tier, ',')) AS pair FROM (${LAST_AGES}))`

/** A join for a view: `standard_age.seconds`, which is NULL if no run says it, and `tier_age.seconds` of the tier. */
export function allowedAgeJoin(tier: string): string {
  return `
LEFT JOIN (${LAST_AGES}) AS standard_age ON TRUE
LEFT JOIN (${TIER_AGES}) AS tier_age ON tier_age.tier = CAST(${tier} AS VARCHAR)`
}

/** SQL for the allowed age in seconds, where `allowedAgeJoin` is joined; NULL if it is not known. */
export const ALLOWED_SECONDS = 'coalesce(tier_age.seconds, standard_age.seconds)'

const WHOLE_DAYS = `CAST(ceil(seconds / ${DAY_MS / 1000}) AS INTEGER)`

/** A query of one row with the allowed ages in whole days, where a join for each creator would take too long. */
export const ALLOWED_DAYS = `
SELECT
  (SELECT list(tier ORDER BY tier) FROM (${TIER_AGES})) AS tiers,
  (SELECT list(${WHOLE_DAYS} ORDER BY tier) FROM (${TIER_AGES})) AS tier_days,
  (SELECT ${WHOLE_DAYS} FROM (${LAST_AGES})) AS standard_days`

/** SQL for the allowed age of a tier in whole days, beside a row of `ALLOWED_DAYS`; NULL if it is not known. */
export function allowedDays(row: string, tier: string): string {
  return `coalesce(list_extract(${row}.tier_days, list_position(${row}.tiers, ${tier})), ${row}.standard_days)`
}
