import { quotedText } from '../../core/duckdb.js'
import type { Pipeline } from '../../model/pipeline.js'
import { MEASURES, SPANS } from '../schema/dayTables.js'
import { judgeKeptAnswers } from './emptyAnswers.sql.js'

/** The time before which history is dropped, by the receipts; NULL if no run dropped any. */
export const historyStart = 'SELECT max(history_from)::VARCHAR AS start FROM runs'

/**
 * Drops the history before a time, which is a midnight of the pipeline's zone. Each creator's last profile, day and version
 * before that time stay: they are what was known then, and what later days are compared with. What is left depends on the
 * rows and the time alone, not on how often older rows were dropped before: the first day that is left has no change, the
 * first version no changed columns.
 */
export function cutHistory({ timeZone }: Pipeline, start: string): string[] {
  const from = `${quotedText(start)}::TIMESTAMPTZ`
  const day = `CAST(${from} AT TIME ZONE ${quotedText(timeZone)} AS DATE)`
  const isOlder = (time: string): string => `${time} < ${from} AND ${time} < creators.last_fetched_at`
  const before = (days: number): string => `creator_recent.observed_day - days_${days}d::INTEGER`
  const kept = (column: string, since: string): string =>
    `${column} = CASE WHEN ${since} >= base.observed_day THEN creator_recent.${column} END`
  return [
    keepLast('creator_counters', 'observed_at', from),
    keepLast('creator_days', 'observed_day', day),
    `
UPDATE creator_days SET previous_day = NULL, ${MEASURES.map(({ name }) => `${name}_change = NULL`).join(', ')}
WHERE observed_day < ${day} AND previous_day IS NOT NULL`,
    `
UPDATE creator_recent SET
  ${kept('previous_day', 'creator_recent.previous_day')},
  ${kept('fans_change_1d', 'creator_recent.previous_day')},
  ${SPANS.flatMap(({ days }) => [kept(`fans_change_${days}d`, before(days)), kept(`days_${days}d`, before(days))]).join(',\n  ')}
FROM creator_days AS base
WHERE base.user_id = creator_recent.user_id AND base.observed_day < ${day}
  AND (creator_recent.previous_day < base.observed_day OR ${SPANS.map(({ days }) => `${before(days)} < base.observed_day`).join(' OR ')})`,
    `DELETE FROM creator_versions WHERE valid_to <= ${from}`,
    `UPDATE creator_versions SET changed_columns = NULL WHERE valid_from < ${from} AND changed_columns IS NOT NULL`,
    `DELETE FROM creator_changes WHERE changed_at < ${from}`,
    `
DELETE FROM answers_without_profile USING creators
WHERE creators.user_id = answers_without_profile.user_id AND ${isOlder('answers_without_profile.observed_at')}`,
    `DELETE FROM anomalies WHERE observed_at < ${from} AND kind <> 'unconfirmed_empty'`,
    ...judgeKeptAnswers,
    `DELETE FROM failures WHERE failed_at < ${from}`,
    `DELETE FROM ambiguous_calls WHERE sent_at < ${from} AND resolved_at IS NOT NULL`,
  ]
}

/** Deletes each creator's rows before a time, except the last of them. */
function keepLast(table: string, column: string, before: string): string {
  return `
DELETE FROM ${table} USING (SELECT user_id, max(${column}) AS last FROM ${table} WHERE ${column} < ${before} GROUP BY user_id) AS kept
WHERE kept.user_id = ${table}.user_id AND ${table}.${column} < kept.last`
}
