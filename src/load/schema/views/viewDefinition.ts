import { quotedText, quotedName } from '../../../core/duckdb.js'
import { columnOf, type Pipeline, type Role } from '../../../model/pipeline.js'

/** Types that every BI driver knows. Points in time are TIMESTAMP in UTC. */
export type ViewType = 'VARCHAR' | 'BIGINT' | 'INTEGER' | 'DOUBLE' | 'BOOLEAN' | 'DATE' | 'TIMESTAMP'

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
