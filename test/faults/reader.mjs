// Opens the published files again and again, as analysts do, until its stdin ends; then prints its counts as JSON.
// Arguments: the data folder, and the number of opens after which it prints `enough`.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { all, openDatabase } from '#src/core/duckdb.js'

const [, , data, enough] = process.argv
const link = join(data, 'creators.duckdb')
const csv = join(data, 'exports', 'creators.csv')
/** @type {string[]} */
const errors = []
const report = { opens: 0, database: {}, csv: {}, errors }
let stopped = false
process.stdin.once('end', () => (stopped = true)).resume()

async function rowsOfDatabase() {
  const database = await openDatabase(link, { readOnly: true })
  try {
    return (await all(database.connection, 'SELECT count(*) AS n FROM creators'))[0].n
  } finally {
    database.close()
  }
}

async function countRows(counts, rows) {
  try {
    const n = await rows()
    counts[n] = (counts[n] ?? 0) + 1
  } catch (error) {
    errors.push(String(error))
  }
}

while (!stopped) {
  await countRows(report.database, rowsOfDatabase)
  await countRows(report.csv, () => parse(readFileSync(csv), { bom: true, columns: true }).length)
  if (!existsSync(link)) errors.push('the link is gone')
  report.opens += 1
  if (report.opens === Number(enough)) process.stdout.write('enough\n')
  await new Promise((resolve) => setImmediate(resolve))
}
process.stdout.write(JSON.stringify(report))
