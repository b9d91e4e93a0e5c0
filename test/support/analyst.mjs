// Opens a published file read-only, as a BI tool does, and answers each SQL statement on stdin with one JSON line.
// Argument: the file.
import process from 'node:process'
import { createInterface } from 'node:readline'
import { DuckDBInstance } from '@duckdb/node-api'

const instance = await DuckDBInstance.create(process.argv[2], { access_mode: 'READ_ONLY' })
const connection = await instance.connect()
process.stdout.write('open\n')
for await (const sql of createInterface({ input: process.stdin })) {
  const result = await connection.runAndReadAll(sql)
  process.stdout.write(`${JSON.stringify(result.getRowsJson())}\n`)
}
connection.closeSync()
instance.closeSync()
