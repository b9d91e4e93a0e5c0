import { first, quotedName, quotedText, runScript, transaction, type Connection } from '../../core/duckdb.js'

/** What the row of `data_folder` says of the tables. */
export interface Definitions {
  /** Fingerprint of the definitions of tables and views. */
  readonly views: string
  readonly reading: number
}

/**
 * Gives an empty database the tables, views and comments of another file, which takes a tenth of the time to make them. Does
 * nothing if that one was made with other definitions: it may have columns that are no longer defined.
 * @throws DuckDB's own error when the file cannot be read: the database is still empty
 */
export async function copyTables(connection: Connection, from: string, { views, reading }: Definitions): Promise<void> {
  await connection.run(`ATTACH ${quotedText(from)} AS alike (READ_ONLY)`)
  try {
    const folder = await first<Pick<Definitions, 'views'>>(connection, 'SELECT views FROM alike.data_folder')
    if (folder?.views !== views) return
    const here = await first<{ name: string }>(connection, 'SELECT current_database() AS name')
    await transaction(connection, () =>
      runScript(connection, [
        `COPY FROM DATABASE alike TO ${quotedName(here!.name)} (SCHEMA)`,
        `INSERT INTO data_folder (pipeline, pipeline_version, attributes, daily, views, schema_version, reading)
         SELECT pipeline, pipeline_version, attributes, daily, views, schema_version, ${reading} FROM alike.data_folder`,
      ]),
    )
  } finally {
    await connection.run('DETACH alike')
  }
}
