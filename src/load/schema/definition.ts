import { quotedText, quotedName, type SqlType } from '../../core/duckdb.js'
import { columnOf, type Pipeline, type Role } from '../../model/pipeline.js'

/** A table and its columns. DDL, comments and the data dictionary all come from this. */
export interface TableDefinition {
  readonly name: string
  readonly description: string
  readonly columns: readonly ColumnDefinition[]
  /** Declared as PRIMARY KEY. For small tables only: a key makes inserts into large ones many times slower, and the file twice as large. */
  readonly primaryKey?: readonly string[]
}

export interface ColumnDefinition {
  readonly name: string
  /** DATE and DECIMAL only in tables that SQL fills: `TableWriter` does not take them. */
  readonly type: SqlType | 'DATE' | 'DECIMAL(18,6)'
  readonly description: string
  /** Path of the value in the API's profile; absent for computed columns. */
  readonly source?: string
}

/** Statements that create the table with comments. */
export function createTable(table: TableDefinition): string[] {
  const lines = table.columns.map(({ name, type }) => `${quotedName(name)} ${type}`)
  if (table.primaryKey) lines.push(`PRIMARY KEY (${table.primaryKey.map(quotedName).join(', ')})`)
  return [
    `CREATE TABLE ${quotedName(table.name)} (\n  ${lines.join(',\n  ')}\n)`,
    commentOnTable(table),
    ...table.columns.map((column) => commentOnColumn(table.name, column)),
  ]
}

/** Statements that add one column to a table; it is NULL in the rows that exist. */
export function addColumn(table: string, column: ColumnDefinition): string[] {
  return [
    `ALTER TABLE ${quotedName(table)} ADD COLUMN ${quotedName(column.name)} ${column.type}`,
    commentOnColumn(table, column),
  ]
}

export function commentOnTable({ name, description }: TableDefinition): string {
  return `COMMENT ON TABLE ${quotedName(name)} IS ${quotedText(description)}`
}

export function commentOnColumn(table: string, { name, description }: ColumnDefinition): string {
  return `COMMENT ON COLUMN ${quotedName(table)}.${quotedName(name)} IS ${quotedText(description)}`
}

/**
 * A published view. Its SQL runs in every client since DuckDB 1.2, without extensions, in any time zone, and under any name
 * that the file is attached by.
 */
export interface ViewDefinition {
  readonly name: string
  readonly description: string
  readonly columns: readonly ViewColumn[]
  /** SQL after FROM. */
  readonly from: string
}

export interface ViewColumn {
  readonly name: string
  readonly type: ViewType
  readonly description: string
  readonly sql: string
}

/** Types that every BI driver knows. Points in time are TIMESTAMP in UTC. */
export type ViewType = 'VARCHAR' | 'BIGINT' | 'INTEGER' | 'DOUBLE' | 'BOOLEAN' | 'DATE' | 'TIMESTAMP'

/** The statement that makes the view. */
export function createView({ name, columns, from }: ViewDefinition): string {
  const lines = columns.map(({ name: column, type, sql }) => `CAST(${sql} AS ${type}) AS ${quotedName(column)}`)
  return `CREATE OR REPLACE VIEW ${quotedName(name)} AS SELECT\n  ${lines.join(',\n  ')}\nFROM ${from}`
}

export function commentOnView({ name, description, columns }: ViewDefinition): string[] {
  return [
    `COMMENT ON VIEW ${quotedName(name)} IS ${quotedText(description)}`,
    ...columns.map(
      (column) =>
        `COMMENT ON COLUMN ${quotedName(name)}.${quotedName(column.name)} IS ${quotedText(column.description)}`,
    ),
  ]
}

/** A TIMESTAMPTZ as TIMESTAMP in UTC. A cast would follow the time zone of the session, and AT TIME ZONE needs an extension. */
export function utc(time: string): string {
  return `make_timestamp(epoch_us(${time}))`
}

/**
 * The day of a TIMESTAMPTZ in this zone, without the extension that knows time zones.
 * @throws Error where the zone has summer time: its days have no constant distance to those of UTC
 */
export function localDayOf(timeZone: string, time: string): string {
  return `CAST(make_timestamp(epoch_us(${time}) + ${constantOffset(timeZone) * 60_000_000}) AS DATE)`
}

/** By zone: to find one takes longer than a small query. */
const offsets = new Map<string, number>()

/** Minutes ahead of UTC, the same in every month since 2020. */
function constantOffset(timeZone: string): number {
  const known = offsets.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  const found = new Set(
    Array.from({ length: 240 }, (_, month) => {
      const parts = format.formatToParts(new Date(Date.UTC(2020, month)))
      const name = parts.find(({ type }) => type === 'timeZoneName')!.value
      const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name)!
      return hours === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
    }),
  )
  if (found.size > 1) throw new Error(`the time zone ${timeZone} has summer time: views need one without`)
  const [offset] = [...found]
  offsets.set(timeZone, offset!)
  return offset!
}

/** The column of `creators AS c` with a role; NULL if the pipeline has none. */
export function ofRole(pipeline: Pipeline, role: Role): string {
  const column = columnOf(pipeline, role)
  return column === undefined ? 'NULL' : `c.${quotedName(column)}`
}

/** A sum as BIGINT; NULL where it does not fit. */
export function total(sum: string): string {
  return `TRY_CAST(${sum} AS BIGINT)`
}

/** A ratio; NULL where it is not defined. */
export function ratio(part: string, whole: string): string {
  return `CASE WHEN ${whole} > 0 THEN CAST(${part} AS DOUBLE) / ${whole} END`
}

/** The description of a column `tier`: what it is of, and the limits of the tiers. */
export function tierText(pipeline: Pipeline, what: string): string {
  const column = columnOf(pipeline, 'tier')
  return column === undefined ? what : `${what} ${pipeline.columns[column]!.description}`
}

/** SQL for the place of a tier from the smallest, from 1; NULL if there is no tier. */
function tierRank({ tiers = [] }: Pipeline, tier: string): string {
  if (tiers.length === 0) return 'NULL'
  return `CASE ${tier} ${tiers.map((name, at) => `WHEN ${quotedText(name)} THEN ${at + 1}`).join(' ')} END`
}

/** The column `tier_rank` of a view, beside its column `tier`. */
export function tierRankColumn(pipeline: Pipeline, tier: string): ViewColumn {
  const words = (pipeline.tiers ?? []).map((name, at) => `${at + 1} ${name}`).join(', ')
  return {
    name: 'tier_rank',
    type: 'INTEGER',
    description: `Place of the tier by size, to sort by: ${words === '' ? 'NULL, there are no tiers' : words}; NULL without a tier.`,
    sql: tierRank(pipeline, tier),
  }
}
