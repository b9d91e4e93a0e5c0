import { quotedText, quotedName } from '../../core/duckdb.js'
import { attributeColumns, type ColumnType, type Pipeline } from '../../model/pipeline.js'
import { sqlType } from '../schema/pipelineTables.js'
import { stagedAttributes } from '../stagingTables.js'
import { columnList } from './statement.js'
/**
 * A version is a series of equal hashes in a creator's time series. The new profiles of a creator decide the way:
 * `confirm`: all are newer than the known ones and have the current hash: nothing changes, as on most nights;
 * `append`: all are newer, with another hash, or the creator has no version: go on from the current version;
 * `rebuild`: an older one came late: make all versions again from the whole time series.
 */
const touched = `
CREATE OR REPLACE TEMP TABLE touched AS
SELECT
  fresh.user_id,
  CASE
    WHEN min(fresh.observed_at) < any_value(creators.last_fetched_at) THEN 'rebuild'
    WHEN bool_and(fresh.attributes_hash = current.attributes_hash) THEN 'confirm'
    ELSE 'append'
  END AS way
FROM new_answers AS fresh
LEFT JOIN creators USING (user_id)
LEFT JOIN (SELECT user_id, attributes_hash FROM creator_versions WHERE is_current) AS current USING (user_id)
GROUP BY fresh.user_id`

/** The part of each time series that versions are made from. `is_base`: the current version, which stays. */
const observations = `
CREATE OR REPLACE TEMP TABLE observations AS
SELECT user_id, valid_from AS observed_at, attributes_hash, TRUE AS is_base
FROM creator_versions JOIN touched USING (user_id) WHERE way = 'append' AND is_current
UNION ALL
SELECT user_id, observed_at, attributes_hash, FALSE
FROM new_answers JOIN touched USING (user_id) WHERE way = 'append'
UNION ALL
SELECT user_id, observed_at, attributes_hash, FALSE
FROM creator_counters JOIN touched USING (user_id) WHERE way = 'rebuild'
UNION ALL
-- The start of a version whose profile was dropped with older history.
SELECT user_id, valid_from, attributes_hash, FALSE
FROM creator_versions JOIN touched USING (user_id)
WHERE way = 'rebuild' AND (user_id, valid_from) NOT IN (
  SELECT (user_id, observed_at) FROM creator_counters JOIN touched USING (user_id) WHERE way = 'rebuild'
)`

/** A version starts where a hash differs from the one before. */
const starts = `
CREATE OR REPLACE TEMP TABLE starts AS
SELECT *, lead(valid_from) OVER (PARTITION BY user_id ORDER BY valid_from) AS valid_to
FROM (
  SELECT
    user_id,
    observed_at AS valid_from,
    attributes_hash,
    is_base,
    lag(attributes_hash) OVER (PARTITION BY user_id ORDER BY observed_at) AS previous_hash
  FROM observations
)
WHERE attributes_hash IS DISTINCT FROM previous_hash`

/** Creators with more than one version: only their attributes must be compared. */
const changed = `
CREATE OR REPLACE TEMP TABLE changed AS
SELECT user_id FROM starts GROUP BY user_id HAVING count(*) > 1
UNION
SELECT user_id FROM touched WHERE way = 'rebuild'`

/**
 * The attributes of each hash of the changed creators, as a list of texts: from a version with that hash, or else from a
 * staged profile.
 */
function knownAttributes(pipeline: Pipeline): string[] {
  const attributes = attributeColumns(pipeline)
  const names = attributes.map(([name]) => quotedName(name))
  const texts = (columns: readonly string[]) =>
    columns.map((column, at) => textOf(column, attributes[at]![1].type)).join(', ')
  return [
    `
CREATE OR REPLACE TEMP TABLE known_attributes AS
SELECT user_id, attributes_hash, [${texts(names)}] AS attributes
FROM creator_versions
WHERE rowid IN (
  SELECT min(creator_versions.rowid) FROM creator_versions SEMI JOIN changed USING (user_id)
  GROUP BY user_id, attributes_hash
)`,
    `
CREATE OR REPLACE TEMP TABLE wanted_attributes AS
SELECT user_id, attributes_hash, min(staged_no) AS staged_no
FROM new_answers
SEMI JOIN changed USING (user_id)
ANTI JOIN known_attributes USING (user_id, attributes_hash)
GROUP BY user_id, attributes_hash`,
    `
INSERT INTO known_attributes
SELECT wanted.user_id, wanted.attributes_hash, [${texts(stagedAttributes(pipeline, 'staged'))}]
FROM staged_profiles AS staged JOIN wanted_attributes AS wanted USING (staged_no)`,
  ]
}

/** A value as text. DuckDB writes a whole DOUBLE as `600.0`. */
function textOf(column: string, type: ColumnType): string {
  const text = `CAST(${column} AS VARCHAR)`
  return type === 'ratio' ? `regexp_replace(${text}, '[.]0$', '')` : text
}

/** Each attribute that differs between a version and the one before; `place` is its number in the definition, from 1. */
function versionChanges(pipeline: Pipeline): string {
  const names = attributeColumns(pipeline).map(([name]) => quotedText(name))
  return `
CREATE OR REPLACE TEMP TABLE version_changes AS
SELECT
  user_id, changed_at, place, [${names.join(', ')}][place] AS column_name, was[place] AS old_value, now[place] AS new_value
FROM (
  SELECT
    starts.user_id,
    starts.valid_from AS changed_at,
    before.attributes AS was,
    after.attributes AS now,
    unnest(list_filter(
      range(1, ${names.length + 1}),
      lambda place: before.attributes[place] IS DISTINCT FROM after.attributes[place]
    )) AS place
  FROM starts
  JOIN known_attributes AS before
    ON before.user_id = starts.user_id AND before.attributes_hash = starts.previous_hash
  JOIN known_attributes AS after
    ON after.user_id = starts.user_id AND after.attributes_hash = starts.attributes_hash
)`
}

const makeRoom = [
  `DELETE FROM creator_versions WHERE user_id IN (SELECT user_id FROM touched WHERE way = 'rebuild')`,
  `DELETE FROM creator_changes WHERE user_id IN (SELECT user_id FROM touched WHERE way = 'rebuild')`,
  `
UPDATE creator_versions SET valid_to = starts.valid_to, is_current = FALSE
FROM starts
WHERE starts.is_base AND creator_versions.user_id = starts.user_id AND creator_versions.is_current`,
]

const VERSION_COLUMNS = ['user_id', 'valid_from', 'valid_to', 'is_current', 'changed_columns', 'attributes_hash']

const changedColumns = `
CREATE OR REPLACE TEMP TABLE changed_columns AS
SELECT user_id, changed_at, '[' || string_agg('"' || column_name || '"', ',' ORDER BY place) || ']' AS columns
FROM version_changes GROUP BY user_id, changed_at`

function insertChanged(pipeline: Pipeline): string {
  const attributes = attributeColumns(pipeline)
  const names = attributes.map(([name]) => name)
  const values = attributes.map(([, column], at) => `CAST(known.attributes[${at + 1}] AS ${sqlType(column)})`)
  return `
INSERT INTO creator_versions (${columnList([...VERSION_COLUMNS, ...names])})
SELECT
  starts.user_id, starts.valid_from, starts.valid_to, starts.valid_to IS NULL, listed.columns, starts.attributes_hash,
  ${values.join(', ')}
FROM known_attributes AS known
JOIN starts USING (user_id, attributes_hash)
LEFT JOIN changed_columns AS listed ON listed.user_id = starts.user_id AND listed.changed_at = starts.valid_from
WHERE NOT starts.is_base`
}

const insertChanges = `
INSERT INTO creator_changes
SELECT user_id, changed_at, column_name, old_value, new_value FROM version_changes
ORDER BY changed_at, user_id, place`

/** The staged profile that is the first and only version of its creator. */
const firstVersions = `
CREATE OR REPLACE TEMP TABLE first_versions AS
SELECT n.staged_no, starts.user_id, starts.valid_from, starts.attributes_hash
FROM starts
ANTI JOIN changed USING (user_id)
JOIN new_answers AS n ON n.user_id = starts.user_id AND n.observed_at = starts.valid_from
ORDER BY n.staged_no`

function insertFirst(pipeline: Pipeline): string {
  const names = attributeColumns(pipeline).map(([name]) => name)
  return `
INSERT INTO creator_versions (${columnList([...VERSION_COLUMNS, ...names])})
SELECT
  first.user_id, first.valid_from, NULL, TRUE, NULL, first.attributes_hash,
  ${stagedAttributes(pipeline, 'staged').join(', ')}
FROM staged_profiles AS staged JOIN first_versions AS first USING (staged_no)`
}

/**
 * Brings versions and changes up to date with the new profiles. In whatever order they come, the same profiles give the
 * same rows. The counters of the new profiles must be in their table already, and `creators` must be as before them.
 * Leaves the TEMP table `starts` for `creators.sql`.
 */
export function history(pipeline: Pipeline): string[] {
  return [
    touched,
    observations,
    starts,
    changed,
    ...knownAttributes(pipeline),
    versionChanges(pipeline),
    ...makeRoom,
    changedColumns,
    insertChanged(pipeline),
    insertChanges,
    firstVersions,
    insertFirst(pipeline),
  ]
}
