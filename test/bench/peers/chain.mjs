// A plain chain of this project's libraries: csv-parse, p-limit, p-retry, ofetch, zod, DuckDB's client and csv-stringify.
// It retries. It keeps no answer, and loses everything if it is killed before the end. It has no history, and its next run
// fetches everything again.
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as duckdb from '@duckdb/node-api'
import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify'
import { ofetch } from 'ofetch'
import pLimit from 'p-limit'
import pRetry from 'p-retry'
import { Agent } from 'undici'
import { z } from 'zod'
import {
  columns,
  concurrency,
  creatorsTable,
  flatten,
  folder,
  insert,
  listFile,
  pathOf,
  url,
  verify,
} from './columns.mjs'

const Answer = z.object({ code: z.literal(0), data: z.looseObject({ userid: z.string() }) })
const CELLS = { text: z.string(), count: z.int(), flag: z.boolean(), list: z.string() }
const Row = z.object(Object.fromEntries(columns.map(({ name, type }) => [name, CELLS[type].nullish()])))
/** Retries are p-retry's. */
const api = ofetch.create({ baseURL: url, retry: 0, dispatcher: new Agent({ connections: concurrency }) })

async function profile(id) {
  const answer = Answer.parse(await pRetry(() => api(pathOf(id), { responseType: 'json' }), { retries: 4 }))
  return Row.parse(flatten(answer.data))
}

const ids = []
for await (const { user_id } of createReadStream(listFile).pipe(parse({ columns: true, bom: true }))) ids.push(user_id)

const instance = await duckdb.DuckDBInstance.create(join(folder, 'creators.duckdb'))
const connection = await instance.connect()
await connection.run(creatorsTable)
const appender = await connection.createAppender('creators')
const csv = stringify({ header: true, columns: columns.map(({ name }) => name) })
const written = pipeline(csv, createWriteStream(join(folder, 'creators.csv')))
let waiting = []
const limit = pLimit(concurrency)
await limit.map(ids, async (id) => {
  const row = await profile(id)
  csv.write(row)
  waiting.push(row)
  if (waiting.length === 2048) insert(duckdb, appender, waiting.splice(0))
})
if (waiting.length > 0) insert(duckdb, appender, waiting)
appender.closeSync()
csv.end()
await written
await verify(connection, ids.length)
connection.closeSync()
instance.closeSync()
