// Crawlee: its HTTP crawler over a list of requests. With `memory` nothing of Crawlee is stored; with `disk` the list and its
// state are persisted, as by default. The answers are not: a crawl that continues lacks the profiles of before the crash.
// It retries. It has no history, and its next run fetches everything again.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as duckdb from '@duckdb/node-api'
import { concurrency, creatorsTable, flatten, folder, insert, listFile, pathOf, url, verify } from './columns.mjs'

const [, , , , , , cache, storage] = process.argv
const onDisk = storage === 'disk'
Object.assign(process.env, {
  CRAWLEE_PERSIST_STORAGE: String(onDisk),
  CRAWLEE_STORAGE_DIR: join(folder, 'crawlee'),
  CRAWLEE_LOG_LEVEL: 'WARNING',
})
const { HttpCrawler, RequestList } = createRequire(join(cache, 'crawlee/package.json'))('@crawlee/http')

const ids = readFileSync(listFile, 'utf8').trim().split('\n').slice(1)
const instance = await duckdb.DuckDBInstance.create(join(folder, 'creators.duckdb'))
const connection = await instance.connect()
await connection.run(creatorsTable)
const appender = await connection.createAppender('creators')
let waiting = []

const sources = ids.map((id) => ({ url: url + pathOf(id), uniqueKey: id }))
const crawler = new HttpCrawler({
  requestList: await RequestList.open(onDisk ? 'creators' : null, sources),
  requestHandler: ({ json }) => {
    if (json.code !== 0) throw new Error(`code ${json.code}`)
    waiting.push(flatten(json.data))
    if (waiting.length === 2048) insert(duckdb, appender, waiting.splice(0))
  },
  additionalMimeTypes: ['application/json'],
  minConcurrency: concurrency,
  maxConcurrency: concurrency,
  // Sessions and cookies serve websites that block.
  useSessionPool: false,
  persistCookiesPerSession: false,
})
const { requestsFailed } = await crawler.run()
if (requestsFailed > 0) throw new Error(`${requestsFailed} requests failed`)
if (waiting.length > 0) insert(duckdb, appender, waiting)
appender.closeSync()
await connection.run(`COPY creators TO '${join(folder, 'creators.csv')}' (FORMAT csv)`)
await verify(connection, ids.length)
connection.closeSync()
instance.closeSync()
