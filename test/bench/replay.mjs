// The time and memory of `replay`, and whether its result is the same: runs of several nights against the simulator, and a
// checksum of each published table. Then everything except raw/ is deleted and rebuilt, and the checksums are compared.
// `node test/bench/replay.mjs 10000 30`: the numbers of creators and nights.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { all, openDatabase } from '#src/core/duckdb.js'
import { measure } from './measure.mjs'

const [CREATORS = 2_000, NIGHTS = 5] = process.argv.slice(2).map(Number)
const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const cli = at('../../dist/src/cli.js')
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-bench-'))
const data = join(folder, 'data')
const list = join(folder, 'ids.csv')
const env = { JUSTONEAPI_TOKEN: 'benchmark-token' }

const command = (...args) => measure([process.execPath, cli, ...args, '--data', data, '--quiet'], env)

async function night(number) {
  const simulator = spawn(process.execPath, [cli, 'simulate', '--counts', '--night', String(number)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const url = String(await new Promise((resolve) => simulator.stdout.once('data', resolve))).trim()
    const args = ['--api', url, '--max-age', '0s', '--no-report', '--concurrency', '32']
    return (await command('run', list, ...args)).wall
  } finally {
    simulator.kill()
  }
}

/** For each published table the number of its rows, and a sum of their hashes that does not depend on the order. */
async function checksums() {
  const database = await openDatabase(join(data, 'creators.duckdb'), { readOnly: true })
  try {
    const tables = await all(
      database.connection,
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'main' AND table_type = 'BASE TABLE' ORDER BY ALL",
    )
    const sums = new Map()
    for (const { name } of tables) {
      const [sum] = await all(
        database.connection,
        `SELECT count(*)::BIGINT AS rows, coalesce(sum(hash(t))::VARCHAR, '0') AS sum FROM "${name}" AS t`,
      )
      sums.set(name, { rows: Number(sum.rows), sum: sum.sum })
    }
    return sums
  } finally {
    await database.close()
  }
}

const bytesBelow = (path) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((total, entry) => total + statSync(join(entry.parentPath, entry.name)).size, 0)

const print = (what, { wall, peakMb = 0 }) =>
  console.log(`${what.padEnd(44)}${wall.toFixed(1).padStart(8)} s${peakMb.toFixed(0).padStart(7)} MB peak`)

try {
  const lines = Array.from({ length: CREATORS }, (_, n) => `5f${(n * 7919 + 1).toString(16).padStart(22, '0')}`)
  writeFileSync(list, `user_id\n${lines.join('\n')}\n`)
  let seconds = 0
  for (let number = 0; number < NIGHTS; number += 1) seconds += await night(number)
  console.log(
    `${CREATORS.toLocaleString('en-US')} creators × ${NIGHTS} nights in ${seconds.toFixed(0)} s, raw/ ${Math.round(bytesBelow(join(data, 'raw')) / 1e6)} MB, Node ${process.version}`,
  )
  print('replay --check: rebuilt and compared', await command('replay', '--check'))
  const before = await checksums()
  for (const name of readdirSync(data)) {
    if (name !== 'raw') rmSync(join(data, name), { recursive: true })
  }
  print('replay of raw/ alone, published', await command('replay'))
  const after = await checksums()
  const differs = [...before].filter(([name, { sum }]) => after.get(name)?.sum !== sum)
  for (const [name, { rows }] of before) {
    const same = differs.some(([other]) => other === name) ? 'DIFFERS' : 'same'
    console.log(`  ${name.padEnd(30)}${rows.toLocaleString('en-US').padStart(14)} rows   ${same}`)
  }
  if (differs.length > 0) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
