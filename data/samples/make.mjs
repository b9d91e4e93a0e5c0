// Writes creators.parquet: the first 20 rows of creators.csv, all columns as text. Run after editing the CSV:
//   node data/samples/make.mjs
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'

const path = (name) => fileURLToPath(new URL(name, import.meta.url)).replaceAll("'", "''")
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
await connection.run(`
  COPY (SELECT * FROM read_csv('${path('creators.csv')}', header = true, all_varchar = true, nullstr = '\\N') LIMIT 20)
  TO '${path('creators.parquet')}' (FORMAT parquet, COMPRESSION zstd)`)
connection.closeSync()
instance.closeSync()
