import { quotedName, type Connection, type SqlType } from '../core/duckdb.js'
import { attributeColumns, seriesColumns, type ChildTable, type Column, type Pipeline } from '../model/pipeline.js'
import { sqlType } from './schema/pipelineTables.js'
import { inSlice, type Numbered } from './sql/statement.js'

type Columns = readonly (readonly [name: string, type: SqlType])[]

/** A TEMP table with rows that one load has read, until the merge takes them. */
export interface StagingTable {
  readonly name: string
  readonly columns: Columns
}

/** One row for each run whose calls are loaded. */
export const STAGED_RUNS: StagingTable = {
  name: 'staged_runs',
  columns: [
    ['run_id', 'VARCHAR'],
    ['started_at', 'TIMESTAMPTZ'],
    ['pipeline', 'VARCHAR'],
    ['simulated', 'BOOLEAN'],
    ['host', 'VARCHAR'],
    ['useless', 'BOOLEAN'],
  ],
}

/** One row for each call. `ended_at` is the time of sending if the end is unknown; `message` is NULL if the call brought a profile. */
export const STAGED_CALLS: StagingTable = {
  name: 'staged_calls',
  columns: [
    ['run_id', 'VARCHAR'],
    ['seq', 'BIGINT'],
    ['user_id', 'VARCHAR'],
    ['sent_at', 'TIMESTAMPTZ'],
    ['ended_at', 'TIMESTAMPTZ'],
    ['ms', 'DOUBLE'],
    ['outcome', 'VARCHAR'],
    ['code', 'VARCHAR'],
    ['billed', 'VARCHAR'],
    ['message', 'VARCHAR'],
  ],
}

/** One narrow row for each profile, with its counters; `staged_no` numbers the profiles from 1 in the order of reading. */
export function stagedAnswers(pipeline: Pipeline): StagingTable {
  return {
    name: 'staged_answers',
    columns: [
      ['staged_no', 'BIGINT'],
      ['user_id', 'VARCHAR'],
      ['observed_at', 'TIMESTAMPTZ'],
      ['run_id', 'VARCHAR'],
      ['dated_ahead_at', 'TIMESTAMPTZ'],
      ['attributes_hash', 'VARCHAR'],
      ['staged_drift_set', 'BIGINT'],
      ...seriesColumns(pipeline).map(typed),
    ],
  }
}

export const STAGED_ANOMALIES: StagingTable = {
  name: 'staged_anomalies',
  columns: [
    ['user_id', 'VARCHAR'],
    ['observed_at', 'TIMESTAMPTZ'],
    ['kind', 'VARCHAR'],
    ['column_name', 'VARCHAR'],
    ['detail', 'VARCHAR'],
    ['run_id', 'VARCHAR'],
  ],
}

/** One row for each answer that cannot be read as a profile. */
export const STAGED_UNREADABLE: StagingTable = {
  name: 'staged_unreadable',
  columns: [
    ['user_id', 'VARCHAR'],
    ['observed_at', 'TIMESTAMPTZ'],
    ['staged_drift_set', 'BIGINT'],
  ],
}

/** Answers of one shape have the same drift, so each set of drift is kept once. */
export const STAGED_DRIFT: StagingTable = {
  name: 'staged_drift',
  columns: [
    ['staged_drift_set', 'BIGINT'],
    ['path', 'VARCHAR'],
    ['kind', 'VARCHAR'],
    ['expected', 'VARCHAR'],
    ['found', 'VARCHAR'],
  ],
}

/**
 * The wide row of each profile, by `staged_no`: all its cells as one JSON array of texts. DuckDB keeps a segment in memory
 * for each column, so 130 columns would need several times the memory and the time.
 */
export const STAGED_ROWS: StagingTable = {
  name: 'staged_rows',
  columns: [
    ['staged_no', 'BIGINT'],
    ['cells', 'VARCHAR'],
  ],
}

/** The profiles of a load, for statements that are sliced. */
export const PROFILES: Numbered = { table: 'staged_rows', number: 'staged_no', bytes: 'strlen(cells)' }

/** Where a cell of a staged row comes from: a place in the wide row, or in the attributes that versions compare. */
export interface StagedCell {
  readonly of: 'values' | 'attributes' | 'extra'
  readonly index: number
}

/** The cells of a staged row, in order. Of the compared attributes only lists have their own cell; the others follow from the wide row. */
export function stagedCells(pipeline: Pipeline): StagedCell[] {
  const values = Object.keys(pipeline.columns).map((_, index) => ({ of: 'values', index }) as const)
  const lists = stableLists(pipeline).map(({ index }) => ({ of: 'attributes', index }) as const)
  return [...values, { of: 'extra', index: 0 }, ...lists]
}

function stableLists(pipeline: Pipeline): { name: string; index: number }[] {
  return attributeColumns(pipeline).flatMap(([name, { type }], index) => (type === 'list' ? [{ name, index }] : []))
}

/**
 * For `FROM` in a statement that is sliced over `PROFILES`: the rows of a table with a column `staged_no`, each with
 * the cells of that profile as a list. `stagedColumns` and `stagedAttributes` read them under the alias `r`.
 */
export function unpacked(table: string): string {
  return `(
  SELECT picked.*, from_json(staged.cells, '["VARCHAR"]') AS cells
  FROM staged_rows AS staged JOIN ${table} AS picked ON picked.staged_no = staged.staged_no
  WHERE ${inSlice('staged.staged_no')} AND ${inSlice('picked.staged_no')}
) AS r`
}

/** SQL for columns of the wide row; `extra` is one of them. */
export function stagedColumns(pipeline: Pipeline, names: readonly string[]): string[] {
  const all = Object.keys(pipeline.columns)
  return names.map((name) => {
    if (name === 'extra') return `r.cells[${all.length + 1}]`
    return typedCell(all.indexOf(name), sqlType(pipeline.columns[name]!))
  })
}

/** SQL for the form of each attribute that versions compare: the stable form of a list, NULL for empty text. */
export function stagedAttributes(pipeline: Pipeline): string[] {
  const all = Object.keys(pipeline.columns)
  const lists = stableLists(pipeline)
  return attributeColumns(pipeline).map(([name, column]) => {
    const list = lists.findIndex((each) => each.name === name)
    if (list >= 0) return typedCell(all.length + 1 + list, 'VARCHAR')
    const cell = typedCell(all.indexOf(name), sqlType(column))
    return column.type === 'text' ? `nullif(${cell}, '')` : cell
  })
}

function typedCell(index: number, type: SqlType): string {
  const cell = `r.cells[${index + 1}]`
  return type === 'VARCHAR' ? cell : `CAST(${cell} AS ${type})`
}

export function stagedChildName(child: ChildTable): string {
  return `staged_${child.name}`
}

/** The rows of one list, of all profiles. */
export function stagedChild(child: ChildTable): StagingTable {
  return {
    name: stagedChildName(child),
    columns: [['staged_no', 'BIGINT'], ['position', 'BIGINT'], ...Object.entries(child.columns).map(typed)],
  }
}

function typed([name, column]: [string, Column]): readonly [string, SqlType] {
  return [name, sqlType(column)]
}

function stagingTables(pipeline: Pipeline): StagingTable[] {
  return [
    STAGED_RUNS,
    STAGED_CALLS,
    stagedAnswers(pipeline),
    STAGED_ANOMALIES,
    STAGED_UNREADABLE,
    STAGED_DRIFT,
    STAGED_ROWS,
    ...pipeline.children.map(stagedChild),
  ]
}

/** Makes the staging tables, empty. */
export async function createStaging(connection: Connection, pipeline: Pipeline): Promise<void> {
  for (const { name, columns } of stagingTables(pipeline)) {
    const lines = columns.map(([column, type]) => `${quotedName(column)} ${type}`)
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${quotedName(name)} (${lines.join(', ')})`)
  }
}

export async function dropStaging(connection: Connection, pipeline: Pipeline): Promise<void> {
  for (const { name } of stagingTables(pipeline)) await connection.run(`DROP TABLE IF EXISTS temp.${quotedName(name)}`)
}
