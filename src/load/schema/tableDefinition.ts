import { quotedText, quotedName, type SqlType } from '../../core/duckdb.js'

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
  /** DATE only in tables that SQL fills: `TableWriter` does not take it. */
  readonly type: SqlType | 'DATE'
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
