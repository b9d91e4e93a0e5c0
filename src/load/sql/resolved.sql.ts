import { quotedName, quotedText } from '../../core/duckdb.js'
import type { Pipeline } from '../../model/pipeline.js'
import { CONCLUSIVE } from './statement.js'

/** The last answer for each input counts, whatever the order of loads. */
export const replaceResolved = [
  `
CREATE OR REPLACE TEMP TABLE new_resolved AS
SELECT kind, input, user_id, reason, ended_at AS resolved_at, run_id
FROM staged_resolutions WHERE outcome IN ${CONCLUSIVE}
QUALIFY row_number() OVER (PARTITION BY kind, input ORDER BY ended_at DESC, run_id DESC, seq DESC) = 1`,
  `
DELETE FROM new_resolved USING resolved_ids AS known
WHERE known.kind = new_resolved.kind AND known.input = new_resolved.input
  AND (known.resolved_at, known.run_id) > (new_resolved.resolved_at, new_resolved.run_id)`,
  `
DELETE FROM resolved_ids USING new_resolved
WHERE resolved_ids.kind = new_resolved.kind AND resolved_ids.input = new_resolved.input`,
  `INSERT INTO resolved_ids SELECT * FROM new_resolved ORDER BY resolved_at, kind, input`,
  `DROP TABLE new_resolved`,
]

/** A later profile that does not hold the input by which its id was found looks wrong. */
export function compareResolved({ resolvers = [], columns }: Pick<Pipeline, 'resolvers' | 'columns'>): string[] {
  return resolvers.flatMap(({ kind, profileColumn: column }) =>
    column === undefined || !(column in columns)
      ? []
      : [
          `
INSERT INTO staged_anomalies
SELECT p.user_id, p.observed_at, 'resolved_differs', ${quotedText(column)},
  concat('found by ', r.input, ', but the profile has ', p.${quotedName(column)}), p.run_id
FROM staged_profiles AS p JOIN resolved_ids AS r ON r.user_id = p.user_id
WHERE r.kind = ${quotedText(kind)} AND r.resolved_at <= p.observed_at AND p.${quotedName(column)} <> r.input`,
        ],
  )
}
