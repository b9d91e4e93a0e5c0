import { replaceFile } from '../core/atomicFile.js'
import { all, first, quotedText, type Connection } from '../core/duckdb.js'
import { spendingJson } from '../load/sql/spending.sql.js'
import { rawFiles, rawRuns } from './files.js'
import { namingFile } from './restoreRuns.js'

/**
 * Writes the rows of `spending` into the receipts of older versions, which do not have them: afterwards the calls of a person
 * may be erased, and the money of their lists stays known.
 * @throws LocalError that names the file that cannot be read or written
 */
export async function completeReceipts(connection: Connection, raw: string): Promise<void> {
  for (const runId of await rawRuns(raw, 'receipts')) {
    for (const file of await rawFiles(raw, 'receipts', runId)) {
      await namingFile(file, () => complete(connection, runId, file))
    }
  }
}

async function complete(connection: Connection, runId: string, file: string): Promise<void> {
  const receipt = `read_parquet(${quotedText(file)}, hive_partitioning = false)`
  const columns = await all<{ column_name: string }>(connection, `DESCRIBE SELECT * FROM ${receipt}`)
  const isThere = columns.some(({ column_name }) => column_name === 'spending')
  if (isThere && (await first(connection, `SELECT 1 FROM ${receipt} WHERE spending IS NOT NULL`))) return
  const { spending } = (await first<{ spending: string | null }>(
    connection,
    `SELECT CAST(${spendingJson(runId)} AS VARCHAR) AS spending`,
  ))!
  if (spending === null) return
  const completed = `* ${isThere ? 'EXCLUDE (spending)' : ''}, ${quotedText(spending)}::JSON AS spending`
  await replaceFile(file, async (temporary) => {
    await connection.run(
      `COPY (SELECT ${completed} FROM ${receipt}) TO ${quotedText(temporary)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
    )
  })
}
