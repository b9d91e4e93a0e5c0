import { replaceFile } from '../core/atomicFile.js'
import { all, first, quotedText, type Connection } from '../core/duckdb.js'
import { spendingJson } from '../load/sql/spending.sql.js'
import { allFiles } from './files.js'
import { parquet } from './parquet.js'
import { namingFile } from './restoreRuns.js'

/**
 * Writes the rows of `spending` into the receipts of older versions, which do not have them: afterwards the calls of a person
 * may be erased, and the money of their lists stays known.
 * @throws LocalError that names the file that cannot be read or written
 */
export async function completeReceipts(connection: Connection, raw: string): Promise<void> {
  for (const file of await allFiles(raw, 'receipts')) {
    await namingFile(file, () => complete(connection, file))
  }
}

async function complete(connection: Connection, file: string): Promise<void> {
  const receipts = parquet(file)
  const columns = await all<{ column_name: string }>(connection, `DESCRIBE SELECT * FROM ${receipts}`)
  const isThere = columns.some(({ column_name }) => column_name === 'spending')
  const known = isThere ? 'spending' : 'NULL'
  const runs = await all<{ run_id: string }>(connection, `SELECT run_id FROM ${receipts} WHERE ${known} IS NULL`)
  const added: string[] = []
  for (const { run_id } of runs) {
    const { spending } = (await first<{ spending: string | null }>(
      connection,
      `SELECT CAST(${spendingJson(run_id)} AS VARCHAR) AS spending`,
    ))!
    if (spending !== null) added.push(`WHEN ${quotedText(run_id)} THEN ${quotedText(spending)}`)
  }
  if (added.length === 0) return
  const completed = `CAST(CASE run_id ${added.join(' ')} ELSE CAST(${known} AS VARCHAR) END AS JSON) AS spending`
  await replaceFile(file, async (temporary) => {
    await connection.run(
      `COPY (SELECT * ${isThere ? 'EXCLUDE (spending)' : ''}, ${completed} FROM ${receipts}) TO ${quotedText(temporary)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
    )
  })
}
