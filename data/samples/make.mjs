// Writes the first 20 rows of creators.csv in the other forms that lists come in. Run after editing the CSV (needs iconv):
//   node data/samples/make.mjs
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const rows = parse(readFileSync(path('creators.csv'))).slice(0, 21)

const gb18030 = { input: stringify(rows, { record_delimiter: '\r\n' }) }
writeFileSync(path('creators-gb18030.csv'), execFileSync('iconv', ['-f', 'UTF-8', '-t', 'GB18030'], gb18030))
writeFileSync(path('creators.tsv.gz'), gzipSync(stringify(rows, { delimiter: '\t' })))

const text = (value) => `'${value.replaceAll("'", "''")}'`
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
const values = rows.slice(1).map((row) => `(${row.map(text).join(', ')})`)
await connection.run(`
  COPY (FROM (VALUES ${values.join(', ')}) t(${rows[0].join(', ')}))
  TO ${text(path('creators.parquet'))} (FORMAT parquet, COMPRESSION zstd)`)
connection.closeSync()
instance.closeSync()
