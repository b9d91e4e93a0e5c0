// The cost and the benefit of the tables of days: inserts invented creators × nights into the tables, merges one more night,
// and runs the queries of a BI tool on each view. `node test/bench/views.mjs 1000000 30`. EACH=1 prints the slow statements
// of the merge, KEEP=1 keeps the database, REUSE=path uses such a database again, FILLED=1 fills all columns of the wide rows.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { all, first, openDatabase } from '#src/core/duckdb.js'
import { checkKeys } from '#src/publish/checkKeys.js'
import { merge } from '#src/load/merge.js'
import { noteChecked } from '#src/load/sql/checkedKeys.sql.js'
import { fillDays } from '#src/load/merge.js'
import { bringUpToDate } from '#src/load/schema/schema.js'
import { createStaging, dropStaging } from '#src/load/stagingTables.js'
import { loadPipeline } from '#src/model/pipeline.js'

const [CREATORS = 200_000, NIGHTS = 30] = process.argv.slice(2).map(Number)
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-bench-'))
const REUSED = process.env.REUSE
const path = REUSED ?? join(folder, 'bench.duckdb')
/** @type {import('#src/core/duckdb.js').DatabaseOptions} */
const options = { storageVersion: 'v1.2.0', tempDirectory: join(folder, 'temp') }
const pipeline = await loadPipeline(undefined)

const ID = `substr(md5(n::VARCHAR), 1, 24)`
const at = (night) => `TIMESTAMPTZ '2026-10-01 18:00:00+00' + to_days(${night}) + to_milliseconds((n * 10)::BIGINT)`
const fans = (night) => `(1000 + n % 7919 * (n % 131) + ${night} * (n % 17) - (n + ${night}) % 23)::BIGINT`
const tier = (n) => `CASE WHEN ${n} < 10000 THEN 'nano' WHEN ${n} < 100000 THEN 'micro' ELSE 'mid' END`

/** Every third creator mentions a creator; half of the mentioned ones are not in any list. */
const mention = `0 AS position, substr(md5((n * 7 % ${CREATORS * 2})::VARCHAR), 1, 24) AS mentioned_user_id, 'mentioned ' || n AS nickname`
const EVERY_THIRD = `FROM range(0, ${CREATORS}, 3) AS numbers(n)`

/** Prints wall and processor seconds; processor time is comparable on a busy machine. */
async function timed(what, work) {
  const [began, used] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(used)
  print(what, (performance.now() - began) / 1000, (user + system) / 1e6)
}

function print(what, wall, cpu) {
  console.log(`${what.padEnd(60)}${wall.toFixed(2).padStart(8)} s${cpu.toFixed(2).padStart(8)} s CPU`)
}

/** With FILLED=1, values of all other columns; attributes and derived columns are as in the night before. */
function others(night, given) {
  if (!process.env.FILLED) return ''
  const columns = Object.entries(pipeline.columns).filter(([name]) => name !== 'user_id' && !given.includes(name))
  const values = columns.map(([name, { type, kind }], at) => {
    const salt = kind === 'attribute' || kind === 'derived' ? at : at + night
    const text = [
      `'https://example.com/' || md5((n + ${salt})::VARCHAR)`,
      `'value ' || n % 31`,
      `'name ' || n`,
      `'same'`,
    ]
    const list = `'[{"name":"tag ' || n % 97 || '","icon":"https://example.com/' || n % 997 + ${salt} || '"}]'`
    const cells = {
      text: text[at % 4],
      count: `n % 7919 + ${salt}`,
      ratio: `n % 997 / 7`,
      flag: `n % 7 = ${at % 7}`,
      list,
    }
    return `${cells[type]} AS "${name}"`
  })
  return `, ${values.join(', ')}`
}

async function inventHistory(connection) {
  await connection.run(`
    INSERT INTO creators BY NAME
    SELECT ${ID} AS user_id, 'creator ' || n AS nickname, ${fans(NIGHTS - 1)} AS fans, n % 1000 AS liked,
      n % 2000 AS likes_and_collects, n % 300 AS ndiscovery, ${tier(fans(NIGHTS - 1))} AS tier, 'female' AS gender_label,
      'https://example.com/' || n AS profile_url, 'province ' || n % 31 AS ip_location, 'active' AS status,
      ${at(0)} AS first_seen_at, ${at(NIGHTS - 1)} AS last_fetched_at, ${at(0)} AS last_changed_at,
      ${at(NIGHTS - 1)} AS last_attempt_at, ${at(NIGHTS - 1)} AS last_conclusive_at
      ${others(NIGHTS - 1, ['nickname', 'fans', 'liked', 'likes_and_collects', 'ndiscovery', 'tier', 'gender_label', 'profile_url', 'ip_location'])}
    FROM range(${CREATORS}) AS numbers(n)`)
  await connection.run(`
    INSERT INTO creator_versions (user_id, valid_from, is_current, attributes_hash, nickname)
    SELECT ${ID}, ${at(0)}, TRUE, 'same', 'creator ' || n FROM range(${CREATORS}) AS numbers(n)`)
  for (let night = 0; night < NIGHTS; night += 1) {
    await connection.run(`
      INSERT INTO creator_counters (user_id, observed_at, fans, liked, collected, ndiscovery, likes_and_collects, tier,
        attributes_hash, run_id)
      SELECT ${ID}, ${at(night)}, ${fans(night)}, n % 1000, n % 1000, n % 300, n % 2000 + ${night}, ${tier(fans(night))},
        'same', 'run ' || ${night}
      FROM range(${CREATORS}) AS numbers(n)`)
  }
  await connection.run(`INSERT INTO creator_mentions BY NAME SELECT ${ID} AS user_id, ${mention} ${EVERY_THIRD}`)
  await connection.run(`
    INSERT INTO list_members (list, row_number, user_id, status)
    SELECT 'list ' || n % 4, n, ${ID}, 'enriched' FROM range(${CREATORS}) AS numbers(n)`)
  await connection.run(`
    INSERT INTO lists (list, rows, ids, run_id)
    SELECT list, count(*), count(*), 'run' FROM list_members GROUP BY list`)
}

async function stageNight(connection, night) {
  await createStaging(connection, pipeline)
  await connection.run(
    `INSERT INTO staged_runs BY NAME
     SELECT 'next' AS run_id, ${at(night).replace('n * 10', '0')} AS started_at, 'x' AS pipeline, TRUE AS simulated,
       'x' AS host, FALSE AS useless`,
  )
  await connection.run(`
    INSERT INTO staged_calls
    SELECT 'next', n, ${ID}, ${at(night)}, ${at(night)}, 5, 'profile', '0', 'yes', NULL FROM range(${CREATORS}) AS numbers(n)`)
  await connection.run(`
    INSERT INTO staged_profiles BY NAME
    SELECT n + 1 AS staged_no, ${ID} AS user_id, ${at(night)} AS observed_at, 'next' AS run_id, 'same' AS attributes_hash,
      ${fans(night)} AS fans, n % 2000 + ${night} AS likes_and_collects, ${tier(fans(night))} AS tier, n % 300 AS ndiscovery,
      'creator ' || n AS nickname, 'province ' || n % 31 AS ip_location
      ${others(night, ['fans', 'likes_and_collects', 'tier', 'ndiscovery', 'nickname', 'ip_location'])}
    FROM range(${CREATORS}) AS numbers(n)`)
  await connection.run(
    `INSERT INTO staged_creator_mentions BY NAME SELECT n + 1 AS staged_no, ${mention} ${EVERY_THIRD}`,
  )
}

/** The merge as a run does it, with the time of each statement. */
async function mergeNight(connection) {
  const took = new Map()
  const run = connection.run.bind(connection)
  connection.run = async (sql, parameters) => {
    const [began, used] = [performance.now(), process.cpuUsage()]
    const result = await run(sql, parameters)
    const { user, system } = process.cpuUsage(used)
    const key = sql.trim().split('\n')[0].slice(0, 90)
    const [wall, cpu] = took.get(key) ?? [0, 0]
    took.set(key, [wall + (performance.now() - began) / 1000, cpu + (user + system) / 1e6])
    return result
  }
  await merge(connection, pipeline)
  connection.run = run
  return took
}

const DAY_STATEMENTS = /rebuilt_days|latest_days|next_recent|creator_recent|creator_days|days_before|remade_days/

const oneId = (await import('node:crypto')).createHash('md5').update('4711').digest('hex').slice(0, 24)
const QUERIES = {
  creator_overview: [
    ['count', 'SELECT count(*) FROM creator_overview'],
    ['top 100 by fans', 'SELECT * FROM creator_overview ORDER BY fans DESC LIMIT 100'],
    ['top 100 by fans_change_7d', 'SELECT * FROM creator_overview ORDER BY fans_change_7d DESC NULLS LAST LIMIT 100'],
    ['one creator', `SELECT * FROM creator_overview WHERE user_id = '${oneId}'`],
    ['by tier', 'SELECT tier, count(*), sum(fans_change_7d), avg(fans) FROM creator_overview GROUP BY tier'],
    ['by province', 'SELECT province, count(*), median(fans) FROM creator_overview GROUP BY province'],
  ],
  creator_growth_daily: [
    ['count', 'SELECT count(*) FROM creator_growth_daily'],
    ['one creator', `SELECT * FROM creator_growth_daily WHERE user_id = '${oneId}' ORDER BY observed_day`],
    [
      'by tier and day',
      'SELECT observed_day, tier, count(*), sum(fans_change_1d) FROM creator_growth_daily GROUP BY ALL ORDER BY ALL',
    ],
    ['top 100 of all days', 'SELECT * FROM creator_growth_daily ORDER BY fans_change_1d DESC NULLS LAST LIMIT 100'],
    [
      'top 100 of the last day',
      `SELECT * FROM creator_growth_daily WHERE observed_day = (SELECT max(observed_day) FROM creator_growth_daily)
       ORDER BY fans_change DESC NULLS LAST LIMIT 100`,
    ],
  ],
  top_movers: [
    ['count', 'SELECT count(*) FROM top_movers'],
    ['top 100', `SELECT * FROM top_movers WHERE period_days = 7 AND ranked_by = 'relative' AND place <= 100`],
    ['one creator', `SELECT * FROM top_movers WHERE user_id = '${oneId}'`],
    ['by tier', 'SELECT period_days, tier, count(*), sum(fans_change) FROM top_movers GROUP BY ALL'],
  ],
  creator_candidates: [
    ['count', 'SELECT count(*) FROM creator_candidates'],
    ['top 100', 'SELECT * FROM creator_candidates ORDER BY mentioned_by DESC LIMIT 100'],
    ['one user', `SELECT * FROM creator_candidates WHERE user_id = '${oneId}'`],
  ],
  list_overview: [['all', 'SELECT * FROM list_overview']],
}

try {
  console.log(
    `${CREATORS.toLocaleString('en-US')} creators × ${NIGHTS} nights, DuckDB at 2 threads, Node ${process.version}`,
  )
  let database = await openDatabase(path, options)
  await bringUpToDate({ connection: database.connection, path, pipeline })
  if (!REUSED) {
    await timed('inventing the history', () => inventHistory(database.connection))
    await timed('filling the tables of days for the first time', () => fillDays(database.connection, pipeline))
    await timed('checking all keys', () => checkKeys(database.connection, pipeline))
    await database.connection.run(noteChecked)
    await database.connection.run('CHECKPOINT')
  }
  await timed('staging one more night', () => stageNight(database.connection, NIGHTS))
  let took = new Map()
  await timed('its merge', async () => (took = await mergeNight(database.connection)))
  const ofDays = [...took].filter(([key]) => DAY_STATEMENTS.test(key)).map(([, each]) => each)
  print('  of which the tables of days', ...ofDays.reduce(([a, b], [wall, cpu]) => [a + wall, b + cpu], [0, 0]))
  if (process.env.EACH) for (const [key, each] of took) if (each[0] > 0.05) print(`    ${key.slice(0, 54)}`, ...each)
  await dropStaging(database.connection, pipeline)
  await timed('checking the keys of that night', () => checkKeys(database.connection, pipeline))
  await database.connection.run('CHECKPOINT')
  await database.close()
  console.log(
    `${'size of the file'.padEnd(60)}${Math.round(statSync(path).size / 1e6)
      .toString()
      .padStart(8)} MB`,
  )

  // As a BI tool opens it: a high memory limit, and all columns are read.
  database = await openDatabase(path, { readOnly: true, memoryLimit: '4GB' })
  for (const [view, queries] of Object.entries(QUERIES)) {
    for (const [what, sql] of queries) {
      const rows = await first(database.connection, `SELECT count(*) AS n FROM (${sql})`)
      await timed(`${view}: ${what} (${rows?.n} rows)`, () => all(database.connection, sql))
    }
  }
  await database.close()
} finally {
  if (process.env.KEEP) console.log(path)
  else rmSync(folder, { recursive: true, force: true })
}
