import { type Cell, type Connection, type SqlType } from './duckdb.js'
import { TableWriter } from './tableWriter.js'

/**
 * A TEMP table that one step fills and another reads. SQL takes the names of its columns from here where it crosses the
 * seam between two steps, so that a renamed column is a type error there.
 */
export interface TempTable<Column extends string> {
  readonly name: string
  /** In the order of the table. The names need no quotes in SQL. */
  readonly columns: Readonly<Record<Column, SqlType>>
}

export function tempTable<Column extends string>(
  name: string,
  columns: Readonly<Record<Column, SqlType>>,
): TempTable<Column> {
  return { name, columns }
}

/** The columns for SQL, each with the name of the table, or its alias there: `sqlColumns(PLANNED, 'p').reason` is `p.reason`. */
export function sqlColumns<Column extends string>(
  table: TempTable<Column>,
  alias = table.name,
): Readonly<Record<Column, string>> {
  const columns = namesOf(table).map((name) => [name, `${alias}.${name}`])
  return Object.fromEntries(columns) as Record<Column, string>
}

/** The statement that makes the table, empty, in place of an older one. */
export function createTempTable<Column extends string>(table: TempTable<Column>): string {
  return `CREATE OR REPLACE TEMP TABLE ${definitionOf(table)}`
}

/** The statement that makes the table, empty, where there is none. */
export function ensureTempTable<Column extends string>(table: TempTable<Column>): string {
  return `CREATE TEMP TABLE IF NOT EXISTS ${definitionOf(table)}`
}

/**
 * The statement that makes the table from a query, in place of an older one.
 * @param cells SQL for each column
 * @param rest the query from FROM on
 */
export function createTempTableAs<Column extends string>(
  table: TempTable<Column>,
  cells: Readonly<Record<Column, string>>,
  rest: string,
): string {
  const selected = namesOf(table).map((name) => `CAST(${cells[name]} AS ${table.columns[name]}) AS ${name}`)
  return `CREATE OR REPLACE TEMP TABLE ${table.name} AS\nSELECT\n  ${selected.join(',\n  ')}\n${rest}`
}

/** The statement that adds the rows of a query; the parameters are those of `createTempTableAs`. */
export function insertIntoTempTable<Column extends string>(
  table: TempTable<Column>,
  cells: Readonly<Record<Column, string>>,
  rest: string,
): string {
  const names = namesOf(table)
  return `INSERT INTO ${table.name} (${names.join(', ')})\nSELECT ${names.map((name) => cells[name]).join(', ')}\n${rest}`
}

export function dropTempTable({ name }: TempTable<string>): string {
  return `DROP TABLE ${name}`
}

/** Appends rows to a TEMP table that exists. */
export class TempTableWriter<Column extends string> {
  private constructor(
    private readonly names: readonly Column[],
    private readonly writer: TableWriter,
  ) {}

  static async open<Column extends string>(
    connection: Connection,
    table: TempTable<Column>,
  ): Promise<TempTableWriter<Column>> {
    const names = namesOf(table)
    const types = names.map((name) => table.columns[name])
    return new TempTableWriter(names, await TableWriter.open(connection, `temp.main.${table.name}`, types))
  }

  append(row: Readonly<Record<Column, Cell>>): void {
    this.writer.append(this.names.map((name) => row[name]))
  }

  /** Hands the last rows over; no statement may read the table before that. */
  close(): void {
    this.writer.close()
  }
}

/** Makes the table, with these rows, in place of an older one. */
export async function fillTempTable<Column extends string>(
  connection: Connection,
  table: TempTable<Column>,
  rows: Iterable<Readonly<Record<Column, Cell>>>,
): Promise<void> {
  await connection.run(createTempTable(table))
  const writer = await TempTableWriter.open(connection, table)
  for (const row of rows) writer.append(row)
  writer.close()
}

function namesOf<Column extends string>({ columns }: TempTable<Column>): Column[] {
  return Object.keys(columns) as Column[]
}

function definitionOf<Column extends string>(table: TempTable<Column>): string {
  const columns = namesOf(table).map((name) => `${name} ${table.columns[name]}`)
  return `${table.name} (${columns.join(', ')})`
}
