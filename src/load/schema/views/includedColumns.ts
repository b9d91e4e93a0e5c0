import type { Column, ColumnType, Pipeline } from '../../../model/pipeline.js'
import type { ViewColumn, ViewType } from '../definition.js'

/** The name of the table with the rows of an included folder. */
export function includedTable({ shortName }: Pick<Pipeline, 'shortName'>): string {
  return `${shortName}_creators`
}

/** A column of an included folder that people look for. */
export interface IncludedColumn {
  /** Its name in `creator_overview`: `market_picture_quote`. */
  readonly name: string
  /** Its name in the table of the included folder. */
  readonly key: string
  readonly column: Column
}

/** The columns that `creator_overview` and the report take from a folder of this pipeline. */
export function includedColumns({ shortName, reportColumns = [], columns }: Pipeline): IncludedColumn[] {
  return reportColumns.map((key) => ({ name: `${shortName}_${key}`, key, column: columns[key]! }))
}

const VIEW_TYPES: Readonly<Record<ColumnType, ViewType>> = {
  text: 'VARCHAR',
  count: 'BIGINT',
  ratio: 'DOUBLE',
  flag: 'BOOLEAN',
  list: 'VARCHAR',
}

/** The same as columns of the view, of `i`. */
export function includedViewColumns(pipeline: Pipeline): ViewColumn[] {
  return includedColumns(pipeline).map(({ name, key, column }) => ({
    name,
    type: VIEW_TYPES[column.type],
    description: `${column.description} From ${includedTable(pipeline)}; NULL if the creator is not in it.`,
    sql: `i."${key}"`,
  }))
}
