// `make bench`: the same job done by creator-enrich and its peers, the next runs, `replay` and the start, in turn on one machine
// against a simulator in a process of its own; then the benchmarks of single parts. docs/benchmarks.md explains the figures.
//   --only KEY,…   only these contestants, tables and scripts (a wrong key lists all)
//   --ids N        20,000 by default
//   --rounds N     5 by default
//   --write        write the page and the chart although the run is restricted
// IDS, ROUNDS, ONLY and CONCURRENCY do the same in the environment.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { version as duckdbVersion } from '@duckdb/node-api'
import { chart } from './chart.mjs'
import { contestants } from './contestants.mjs'
import { landed, startSimulator, writeColumns, writeList } from './job.mjs'
import { measure } from './measure.mjs'
import { barsOf, tables, writeBetweenMarkers } from './page.mjs'

const { env } = process
const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    ids: { type: 'string' },
    rounds: { type: 'string' },
    write: { type: 'boolean' },
  },
})
const ONLY = (options.only ?? env.ONLY ?? '').split(',').filter(Boolean)
const IDS = wholeNumber(options.ids ?? env.IDS ?? '20000')
const ROUNDS = wholeNumber(options.rounds ?? env.ROUNDS ?? '5')
const CONCURRENCY = wholeNumber(env.CONCURRENCY ?? '64')
const PEERS = env.CREATOR_ENRICH_PEERS ?? at('../../node_modules/.cache/peers')
const CHILD_ENV = {
  JUSTONEAPI_TOKEN: 'benchmark-token',
  CONCURRENCY: String(CONCURRENCY),
  PYTHONDONTWRITEBYTECODE: '1',
}
/** The benchmarks of single parts, by key. */
const SCRIPTS = {
  journal: 'journalCost.mjs',
  views: 'views.mjs',
  publish: 'publish.mjs',
  nights: 'replay.mjs',
  flow: 'flow.mjs',
}

function wholeNumber(text) {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new Error(`${text} is not a whole number above 0`)
  return number
}

const wanted = (...keys) => ONLY.length === 0 || keys.some((key) => ONLY.includes(key))
const wantedStep = ({ key, table }) => wanted(key, table)

/** Units of which something is wanted, each with a row for every step. */
function unitsOf(job) {
  const units = contestants(job).map((unit) => ({
    ...unit,
    rows: unit.steps('').map((step) => ({ step, costs: [], failed: unit.skipped && `skipped: ${unit.skipped}` })),
  }))
  const all = units.flatMap(({ rows }) => rows.map(({ step }) => step))
  const keys = new Set([...all.map(({ table }) => table), ...all.map(({ key }) => key), ...Object.keys(SCRIPTS)])
  const wrong = ONLY.filter((key) => !keys.has(key))
  if (wrong.length > 0) throw new Error(`--only ${wrong.join(',')}: the keys are ${[...keys].join(', ')}`)
  return units.filter(({ rows }) => rows.some(({ step }) => wantedStep(step)))
}

/** One step of one round, measured and checked. `followers` of all creators, by night: they must be the same for all. */
async function take(step, folder, simulator, followers) {
  const night = step.night ?? 0
  await simulator.reset(night)
  const cost = await measure(step.command, CHILD_ENV)
  const calls = await simulator.calls()
  if (step.calls !== undefined && calls !== step.calls) throw new Error(`${calls} calls, not ${step.calls}`)
  if (step.database === undefined) return cost
  const found = await landed(join(folder, step.database))
  followers[night] ??= found.followers
  if (found.rows !== IDS) throw new Error(`${found.rows} rows for ${IDS} ids`)
  if (found.followers !== followers[night]) throw new Error(`${found.followers} followers, not ${followers[night]}`)
  return cost
}

/** The steps of a unit in a new folder. The steps after a failed one are left out, in the next rounds too. */
async function takeUnit({ steps, rows }, root, simulator, followers) {
  const folder = mkdtempSync(join(root, 'unit-'))
  const needed = steps(folder).slice(0, rows.findLastIndex(({ step }) => wantedStep(step)) + 1)
  for (const [index, step] of needed.entries()) {
    const row = rows[index]
    if (row.failed !== undefined) break
    try {
      const cost = await take(step, folder, simulator, followers)
      row.costs.push(cost)
      console.error(`${step.key.padEnd(18)}${cost.wall.toFixed(2).padStart(8)} s`)
    } catch (error) {
      for (const left of rows.slice(index)) left.failed = `failed: ${error.message}`
      process.exitCode = 1
      console.error(`${step.key.padEnd(18)} failed: ${error.message}`)
    }
  }
  rmSync(folder, { recursive: true, force: true })
  // What one contestant has written must not be flushed while the next one is measured.
  spawnSync('sync')
}

async function run() {
  const root = mkdtempSync(join(tmpdir(), 'creator-enrich-bench-'))
  const simulator = await startSimulator()
  try {
    const list = writeList(join(root, 'ids.csv'), IDS)
    const bodies = join(root, 'bodies.jsonl')
    const units = unitsOf({
      url: simulator.url,
      ids: IDS,
      list,
      small: writeList(join(root, 'small.csv'), 60),
      columns: await writeColumns(join(root, 'columns.json')),
      bodies,
      peers: PEERS,
      concurrency: CONCURRENCY,
    })
    if (units.length === 0) return []
    // Not measured: it warms up the simulator, and keeps the bodies for `read_json`.
    await measure(
      [process.execPath, at('minimalClient.mjs'), simulator.url, list, String(CONCURRENCY), bodies],
      CHILD_ENV,
    )
    const followers = []
    for (let round = 0; round < ROUNDS; round += 1) {
      console.error(`round ${round + 1} of ${ROUNDS}`)
      const first = Math.floor((round * units.length) / ROUNDS)
      for (const unit of [...units.slice(first), ...units.slice(0, first)])
        await takeUnit(unit, root, simulator, followers)
    }
    return units
  } finally {
    simulator.stop()
    rmSync(root, { recursive: true, force: true })
  }
}

const load = loadavg()[0]
const units = await run()
if (units.length > 0) {
  const rows = units.flatMap((unit) => unit.rows).filter(({ step }) => wantedStep(step))
  const count = IDS.toLocaleString('en-US')
  const machine = `${cpus()[0].model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`
  const versions = [...new Set(units.flatMap(({ versions = [] }) => versions))]
  const text = [
    `${new Date().toISOString().slice(0, 10)}; ${machine}, load ${load.toFixed(1)} at the start; Node ${process.version}, DuckDB ${duckdbVersion()}.`,
    `${count} ids, concurrency ${CONCURRENCY}, the simulator at latency 0 in a process of its own on the same machine; ${ROUNDS === 1 ? 'one round' : `medians of ${ROUNDS} rounds in turn`}.`,
    '',
    tables(rows, IDS),
    '',
    `Versions: ${versions.join(', ')}.`,
  ].join('\n')
  console.log(text)
  const whole = ONLY.length === 0 && ROUNDS >= 5 && IDS >= 20_000 && process.exitCode === undefined
  if (whole || options.write) {
    writeBetweenMarkers(at('../../docs/benchmarks.md'), text)
    writeFileSync(
      at('../../docs/images/benchmark.svg'),
      chart(barsOf(rows, IDS), `${count} profiles into DuckDB, ${machine}`),
    )
  } else
    console.error('docs/benchmarks.md stays: only a whole run of five rounds without a failure, or --write, changes it')
}
for (const [key, script] of Object.entries(SCRIPTS)) {
  if (!wanted(key)) continue
  const { status } = spawnSync(process.execPath, [at(script)], { stdio: 'inherit', env: { ...env, ONLY: '' } })
  if (status !== 0) process.exitCode = 1
}
