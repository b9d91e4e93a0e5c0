import { rm } from 'node:fs/promises'
import { requireReadable } from '../core/absent.js'
import { makeFolder, replaceFile } from '../core/atomicFile.js'
import { all, batches, openDatabase, quotedName, type Connection } from '../core/duckdb.js'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'
import { writeTable } from './callTables.js'
import { parquet } from './parquet.js'

/** The text columns of a row by name. */
export type TextRow = Readonly<Record<string, string | null>>

/** Returns the columns that change, with their new values; undefined when no column changes. */
export type EditRow = (row: TextRow) => TextRow | undefined

/**
 * Rewrites a file of input rows or receipts with edited texts. The new file is read back before it replaces the old one.
 * @param temp a folder for DuckDB's temporary files
 * @returns the number of changed rows; if it is 0 the file is left alone
 * @throws LocalError when the file cannot be read or written: the old one stays
 */
export async function rewriteSealed(file: string, edit: EditRow, temp: string): Promise<number> {
  await requireReadable(file)
  await makeFolder(temp)
  const scratch = await openDatabase(':memory:', { tempDirectory: temp, threads: 1 })
  try {
    const { connection } = scratch
    await connection.run(`CREATE TABLE sealed AS SELECT * FROM ${parquet(file)}`)
    const edits = await editsOf(connection, edit)
    for (const { row, texts } of edits) await update(connection, row, texts)
    if (edits.length > 0) await replaceFile(file, (temporary) => writeTable(connection, temporary, 'sealed'))
    return edits.length
  } catch (cause) {
    if (cause instanceof LocalError) throw cause
    throw new LocalError(
      `cannot rewrite ${file}: ${messageOf(cause).split('\n')[0]}; ${remedyFor(cause, 'put the file back if it is damaged, free some space, or make its folder writable')}, then run the same command again`,
      { cause },
    )
  } finally {
    await scratch.close()
    await rm(temp, { recursive: true, force: true })
  }
}

interface Edit {
  readonly row: number
  readonly texts: TextRow
}

async function editsOf(connection: Connection, edit: EditRow): Promise<Edit[]> {
  const columns = await all<{ name: string }>(
    connection,
    `SELECT column_name AS name FROM duckdb_columns() WHERE table_name = 'sealed' AND data_type IN ('VARCHAR', 'JSON')`,
  )
  const names = columns.map(({ name }) => quotedName(name)).join(', ')
  const edits: Edit[] = []
  for await (const rows of batches(connection, `SELECT rowid AS "row", ${names} FROM sealed`)) {
    for (const { row, ...texts } of rows) {
      const changed = edit(texts as TextRow)
      if (changed) edits.push({ row: row as number, texts: changed })
    }
  }
  return edits
}

async function update(connection: Connection, row: number, texts: TextRow): Promise<void> {
  const changes = Object.keys(texts).map((name, at) => `${quotedName(name)} = $${at + 1}`)
  await connection.run(`UPDATE sealed SET ${changes.join(', ')} WHERE rowid = ${row}`, Object.values(texts))
}
