// The cost of publishing, compared with a plain copy of the file: inserts invented counters into a working database, then
// publishes and copies in turn, five times each. `node test/bench/publish.mjs 10000000`: the number of counter rows.
import { copyFileSync, fsyncSync, mkdirSync, mkdtempSync, openSync, closeSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '#src/core/duckdb.js'
import { layoutOf } from '#src/dataFolder/layout.js'
import { spaceOf } from '#src/publish/compact.js'
import { publishCopy } from '#src/publish/publishedCopy.js'
import { bringUpToDate } from '#src/load/schema/schema.js'
import { loadPipeline } from '#src/model/pipeline.js'

const [COUNTERS = 2_000_000] = process.argv.slice(2).map(Number)
const NIGHTS = 30
const ROUNDS = 5
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-bench-'))
const layout = layoutOf(join(folder, 'data'))

async function timed(work) {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

async function measureSpace() {
  const database = await openDatabase(layout.warehouse, { readOnly: true })
  await spaceOf(database.connection)
  await database.close()
}

function copyAndSync(to) {
  copyFileSync(layout.warehouse, to)
  const file = openSync(to, 'r+')
  fsyncSync(file)
  closeSync(file)
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

try {
  mkdirSync(layout.state, { recursive: true })
  const database = await openDatabase(layout.warehouse, { storageVersion: 'v1.2.0', memoryLimit: '1GB' })
  const { connection } = database
  await bringUpToDate({ connection, path: layout.warehouse, pipeline: await loadPipeline(undefined) })
  for (let night = 0; night < NIGHTS; night += 1) {
    await connection.run(`
      INSERT INTO creator_counters (user_id, observed_at, fans, liked, collected, ndiscovery, attributes_hash, run_id)
      SELECT substr(md5(n::VARCHAR), 1, 24), TIMESTAMPTZ '2026-10-01 18:00:00+00' + to_days(${night}) + to_milliseconds(n),
        1000 + n % 7919 * (n % 131) + ${night} * (n % 17), n % 1000 + ${night}, n % 1000, n % 300, md5((n % 9973)::VARCHAR), 'night ${night}'
      FROM range(${Math.ceil(COUNTERS / NIGHTS)}) AS numbers(n)`)
  }
  await connection.run('CHECKPOINT')
  await database.close()
  const megabytes = statSync(layout.warehouse).size / 1e6
  console.log(`${COUNTERS.toLocaleString('en-US')} counter rows, ${Math.round(megabytes)} MB`)

  const published = []
  const copied = []
  const checked = []
  for (let round = 0; round < ROUNDS; round += 1) {
    checked.push(await timed(measureSpace))
    const runId = `20261001T18000${round}Z-0000`
    published.push(await timed(() => publishCopy(layout, runId)))
    copied.push(await timed(async () => copyAndSync(join(folder, 'copy'))))
  }
  const [publish, plain] = [median(published), median(copied)]
  console.log(
    `publish ${publish.toFixed(2)} s, plain copy and fsync ${plain.toFixed(2)} s: ratio ${(publish / plain).toFixed(2)}`,
  )
  console.log(`checking whether compaction is worthwhile: ${median(checked).toFixed(2)} s`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
