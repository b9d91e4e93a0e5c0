import { quotedName, runScript, type Connection, type SqlType } from '../core/duckdb.js'
import { attributeColumns, type ChildTable, type Column, type Pipeline } from '../model/pipeline.js'
import { sqlType } from './schema/pipelineTables.js'

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
    ['stop_reason', 'VARCHAR'],
    ['price', 'DOUBLE'],
    ['currency', 'VARCHAR'],
    ['list', 'VARCHAR'],
    ['earlier_runs', 'VARCHAR'],
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

/** One row for each call to the endpoint of a resolver. `reason`: why the input leads to nobody; NULL for any other outcome. */
export const STAGED_RESOLUTIONS: StagingTable = {
  name: 'staged_resolutions',
  columns: [
    ['run_id', 'VARCHAR'],
    ['seq', 'BIGINT'],
    ['endpoint', 'VARCHAR'],
    ['kind', 'VARCHAR'],
    ['input', 'VARCHAR'],
    ['sent_at', 'TIMESTAMPTZ'],
    ['ended_at', 'TIMESTAMPTZ'],
    ['ms', 'DOUBLE'],
    ['outcome', 'VARCHAR'],
    ['code', 'VARCHAR'],
    ['billed', 'VARCHAR'],
    ['price', 'DOUBLE'],
    ['user_id', 'VARCHAR'],
    ['reason', 'VARCHAR'],
  ],
}

/** The columns of a staged profile besides its wide row. `staged_no` numbers the profiles from 1 in the order of reading. */
export const STAGED_KEYS = [
  'staged_no',
  'observed_at',
  'run_id',
  'dated_ahead_at',
  'attributes_hash',
  'staged_drift_set',
] as const

/** One row for each profile: its keys, its wide row, `extra`, and the stable form of each list that versions compare. */
export function stagedProfiles(pipeline: Pipeline): StagingTable {
  return {
    name: 'staged_profiles',
    columns: [
      ['staged_no', 'BIGINT'],
      ['observed_at', 'TIMESTAMPTZ'],
      ['run_id', 'VARCHAR'],
      ['dated_ahead_at', 'TIMESTAMPTZ'],
      ['attributes_hash', 'VARCHAR'],
      ['staged_drift_set', 'BIGINT'],
      ...Object.entries(pipeline.columns).map(typed),
      ['extra', 'VARCHAR'],
      ...stableLists(pipeline).map(({ name }) => [stableName(name), 'VARCHAR'] as const),
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

/** The compared lists, each with its place among the attributes. The other attributes are as in the wide row. */
export function stableLists(pipeline: Pipeline): { name: string; index: number }[] {
  return attributeColumns(pipeline).flatMap(([name, { type }], index) => (type === 'list' ? [{ name, index }] : []))
}

function stableName(list: string): string {
  return `${list} (stable)`
}

/** SQL for the form of each attribute of a staged profile that versions compare: a list's stable form, NULL for empty text. */
export function stagedAttributes(pipeline: Pipeline, alias: string): string[] {
  return attributeColumns(pipeline).map(([name, { type }]) => {
    if (type === 'list') return `${alias}.${quotedName(stableName(name))}`
    const cell = `${alias}.${quotedName(name)}`
    return type === 'text' ? `nullif(${cell}, '')` : cell
  })
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
    STAGED_RESOLUTIONS,
    stagedProfiles(pipeline),
    STAGED_ANOMALIES,
    STAGED_UNREADABLE,
    STAGED_DRIFT,
    ...pipeline.children.map(stagedChild),
  ]
}

/** Makes the staging tables, empty. */
export async function createStaging(connection: Connection, pipeline: Pipeline): Promise<void> {
  const statements = stagingTables(pipeline).map(({ name, columns }) => {
    const lines = columns.map(([column, type]) => `${quotedName(column)} ${type}`)
    return `CREATE OR REPLACE TEMP TABLE ${quotedName(name)} (${lines.join(', ')})`
  })
  await runScript(connection, statements)
}

export async function dropStaging(connection: Connection, pipeline: Pipeline): Promise<void> {
  const tables = stagingTables(pipeline).map(({ name }) => `DROP TABLE IF EXISTS temp.${quotedName(name)}`)
  await runScript(connection, tables)
}
