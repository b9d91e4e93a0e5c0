import { quotedText } from '../../core/duckdb.js'
import type { Pipeline } from '../../model/pipeline.js'
import { MEASURES, SPANS } from '../schema/dayTables.js'
import { judgeKeptAnswers } from './emptyAnswers.sql.js'

/** The time before which history is dropped, by the receipts; NULL if no run dropped any. */
export const historyStart = 'SELECT max(history_from)::VARCHAR AS start FROM runs'

/**
 * Drops the history before a time. The newest profile, day and version of each creator stay, and the version that was valid
 * at that time. What is left depends on the rows and the time alone, not on how often older rows were dropped before:
 * the first day that is left has no change, the first version no changed columns.
 */
export function cutHistory({ timeZone }: Pipeline, start: string): string[] {
  const from = `${quotedText(start)}::TIMESTAMPTZ`
  const day = `CAST(${from} AT TIME ZONE ${quotedText(timeZone)} AS DATE)`
  const isOlder = (time: string): string => `${time} < ${from} AND ${time} < creators.last_fetched_at`
  const before = (days: number): string => `observed_day - days_${days}d::INTEGER`
  const kept = (column: string, since: string): string => `${column} = CASE WHEN ${since} >= ${day} THEN ${column} END`
  return [
    `
DELETE FROM creator_counters USING creators
WHERE creators.user_id = creator_counters.user_id AND ${isOlder('creator_counters.observed_at')}`,
    `
DELETE FROM creator_days USING creator_recent AS recent
WHERE recent.user_id = creator_days.user_id
  AND creator_days.observed_day < ${day} AND creator_days.observed_day < recent.observed_day`,
    `
UPDATE creator_days SET previous_day = NULL, ${MEASURES.map(({ name }) => `${name}_change = NULL`).join(', ')}
WHERE previous_day < ${day}`,
    `
UPDATE creator_recent SET
  ${kept('previous_day', 'previous_day')},
  ${kept('fans_change_1d', 'previous_day')},
  ${SPANS.flatMap(({ days }) => [kept(`fans_change_${days}d`, before(days)), kept(`days_${days}d`, before(days))]).join(',\n  ')}
WHERE previous_day < ${day} OR ${SPANS.map(({ days }) => `${before(days)} < ${day}`).join(' OR ')}`,
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
