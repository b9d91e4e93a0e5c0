import { all, first, quotedName, type Connection } from '../core/duckdb.js'

/**
 * Inserts the rows of the source; columns that it does not have, of an older version, are NULL.
 * @param onKnown what happens to a row whose declared key is in the table already
 */
export async function insertRows(
  connection: Connection,
  table: string,
  source: string,
  onKnown: 'REPLACE' | 'IGNORE' = 'REPLACE',
): Promise<void> {
  const given = await all<{ column_name: string }>(connection, `DESCRIBE SELECT * FROM ${source}`)
  const columns = await columnsOf(connection, table)
  const names = columns.map(({ name }) => name)
  const isGiven = (name: string): boolean => given.some(({ column_name }) => column_name === name)
  const cells = columns.map(({ name, type }) => (isGiven(name) ? `TRY_CAST(${quotedName(name)} AS ${type})` : 'NULL'))
  const keyed = await first(
    connection,
    `SELECT 1 FROM duckdb_constraints() WHERE table_name = $table AND constraint_type = 'PRIMARY KEY'`,
    { table },
  )
  await connection.run(
    `INSERT ${keyed ? `OR ${onKnown} ` : ''}INTO ${quotedName(table)} (${names.map(quotedName).join(', ')}) SELECT ${cells.join(', ')} FROM ${source}`,
  )
}

export interface NamedType {
  readonly name: string
  readonly type: string
}

/** The columns of a table of the database, in order. */
export function columnsOf(connection: Connection, table: string): Promise<NamedType[]> {
  return all<NamedType>(
    connection,
    `SELECT column_name AS name, data_type AS type FROM duckdb_columns()
     WHERE table_name = $table AND database_name = current_database() AND schema_name = 'main'`,
    { table },
  )
}
