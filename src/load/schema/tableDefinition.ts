import { quotedText, quotedName, type SqlType } from '../../core/duckdb.js'

/** What a table and its columns are: the one place that DDL, comments and the data dictionary come from. */
export interface TableDefinition {
  readonly name: string
  readonly description: string
  readonly columns: readonly ColumnDefinition[]
  /** Declared as PRIMARY KEY. For small tables only: on large ones a key makes inserts many times slower and the file twice as large. */
  readonly primaryKey?: readonly string[]
}

export interface ColumnDefinition {
  readonly name: string
  /** DATE only where rows are made by SQL. */
  readonly type: SqlType | 'DATE'
  readonly description: string
  /** Where the value stands in the upstream's profile; absent for what we compute. */
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

/** Statements that add one column to a table that has rows: NULL in all of them. */
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
