import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replayCommand } from '../../../src/commands/replay/command.js'
import { replay as replayFolder } from '../../../src/commands/replay/replay.js'
import type { ReplayReport } from '../../../src/commands/replay/replayReport.js'
import { resolveSettings } from '../../../src/config/settings.js'
import { all, openDatabase } from '../../../src/core/duckdb.js'
import { liveEffects } from '../../../src/core/effects.js'
import { RunError } from '../../../src/core/errors.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { takeLock } from '../../../src/dataFolder/lock.js'
import { loadPipeline } from '../../../src/model/pipeline.js'
import type { Simulator } from '../../../src/simulator/simulator.js'
import { cli } from '../../support/cli.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { published } from '../../support/published.js'
import { sharedFolder } from '../../support/sharedFolder.js'
import { enrich, refused, simulator, startRun } from '../../support/simulated.js'

const IDS = Array.from({ length: 30 }, (_, n) => plainId(n + 1))
const SIX = IDS.slice(0, 6)

interface Replayed {
  readonly code: number
  /** The log messages, one a line. */
  readonly stderr: string
  readonly report: ReplayReport
}

/** Replays in this process; `cli` starts the real command. */
async function replay(data: string, args: { check?: boolean } = {}): Promise<Replayed> {
  const settings = resolveSettings(replayCommand.options, { data, ...args }, [])
  const logged: string[] = []
  const effects = liveEffects((level, message) => logged.push(`${level}: ${message}`))
  const report = await replayFolder(settings, await loadPipeline(undefined), effects)
  return { code: report.exit_code, stderr: logged.join('\n'), report }
}

/** Exit code and error line of a replay that ended without a report. */
async function refusedReplay(data: string): Promise<{ code: number; stderr: string }> {
  try {
    const { report } = await replay(data)
    throw new Error(`the replay was not refused: ${JSON.stringify(report)}`)
  } catch (error) {
    if (error instanceof RunError) return { code: error.exitCode, stderr: error.message }
    throw error
  }
}

/** Every row of every table, as text. */
async function content(data: string): Promise<Record<string, string[]>> {
  const database = await openDatabase(join(data, 'creators.duckdb'), { readOnly: true })
  const { connection } = database
  const found: Record<string, string[]> = {}
  for (const { table_name: name } of await all<{ table_name: string }>(
    connection,
    'SELECT table_name FROM duckdb_tables()',
  )) {
    const rows = await all<{ text: string }>(
      connection,
      `SELECT to_json(t)::VARCHAR AS text FROM ${name} AS t ORDER BY ALL`,
    )
    found[name] = rows.map(({ text }) => text)
  }
  await database.close()
  return found
}

/** Two runs of a list, of three ids each. */
const twoRuns = sharedFolder(async (folder) => {
  const api = await simulator()
  for (const ids of [SIX.slice(0, 3), SIX.slice(3)]) await enrich(writeList(folder, ids), join(folder, 'data'), api)
})

/** Two lists and three nights with faults. The quota stops one night; another is killed with calls in flight. */
async function history(): Promise<{ data: string; api: Simulator; list: string }> {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [...IDS, 'no id', IDS[0]!])
  const other = writeList(folder, IDS.slice(20), 'other.csv')
  const hang = new Set<string>()
  const run: { kill?: () => void } = {}
  const api = await simulator({
    shares: { 301: 0.2, 500: 0.05, 201: 0.05 },
    before: ({ id }) => {
      if (!hang.has(id)) return undefined
      run.kill?.()
      return new Promise(() => undefined)
    },
  })
  await enrich(list, data, api, '--max-failed', '100%')
  await enrich(other, data, api, '--max-failed', '100%')
  api.change({ night: 1, quota: api.ledger.summary().charged + 10 })
  await enrich(list, data, api, '--max-age', '0s', '--max-failed', '100%')
  api.change({ night: 2, quota: null })
  hang.add(IDS[9]!)
  const killed = startRun([list], data, api, '--max-age', '0s', '--concurrency', '2')
  run.kill = () => killed.child.kill('SIGKILL')
  await killed.ended
  await enrich(list, data, api, '--on-ambiguous', 'hold', '--max-failed', '100%')
  return { data, api, list }
}

test('a replay rebuilds what was published, without a call: every row of every table, ambiguous calls included', async () => {
  const { data, api, list } = await history()
  const before = await content(data)
  expect(before['ambiguous_calls']!.length).toBeGreaterThan(0)
  expect(before['runs']).toHaveLength(5)
  const { calls } = api.ledger.summary()

  const checked = await replay(data, { check: true })
  expect(checked.stderr).toBe('')
  expect(checked.report).toMatchObject({ exit_code: 0, runs: 5, differences: [] })
  expect(checked.code).toBe(0)

  const link = realpathSync(join(data, 'creators.duckdb'))
  rmSync(join(data, 'state'), { recursive: true })
  const replayed = await replay(data)
  expect(replayed.code).toBe(0)
  expect(replayed.report).toMatchObject({ differences: [], files: { database: join(data, 'creators.duckdb') } })
  expect(realpathSync(join(data, 'creators.duckdb'))).not.toBe(link)
  expect(await content(data)).toEqual(before)
  expect(api.ledger.summary().calls).toBe(calls)

  const due = await published<{ n: number }>(
    data,
    `SELECT count(DISTINCT user_id) AS n FROM creators SEMI JOIN list_members USING (user_id)
     WHERE last_attempt_outcome = 'retry' AND user_id IN (SELECT user_id FROM list_members WHERE list = 'creators')`,
  )
  const next = await enrich(list, data, api, '--on-ambiguous', 'hold', '--max-failed', '100%')
  expect(next.receipt.asked_ids).toBe(due[0]!.n)
})

test('differences are reported by table, rows and columns, and fixed; --check only reports them, with exit 9', async () => {
  const data = join((await twoRuns()).folder, 'data')
  const before = await content(data)
  const file = realpathSync(join(data, 'creators.duckdb'))
  chmodSync(file, 0o644)
  const tampered = await openDatabase(file)
  await tampered.connection.run(`UPDATE creators SET fans = fans + 1, nickname = 'x' WHERE user_id = '${IDS[0]!}'`)
  await tampered.connection.run(`DELETE FROM creators WHERE user_id = '${IDS[1]!}'`)
  await tampered.connection.run(`ALTER TABLE lists ADD COLUMN note VARCHAR`)
  // Another version of the program has other views: that is not a difference in data.
  await tampered.connection.run(`UPDATE data_folder SET views = 'of another version'`)
  await tampered.close()

  const expected = [
    {
      table: 'creators',
      rows_before: 5,
      rows_after: 6,
      added: 1,
      removed: 0,
      changed: 1,
      columns_changed: { fans: 1, nickname: 1 },
    },
    { table: 'lists', columns_removed: ['note'], added: 0, removed: 0, changed: 0 },
  ]
  const checked = await replay(data, { check: true })
  expect(checked.code).toBe(9)
  expect(checked.report.differences).toMatchObject(expected)
  expect(realpathSync(join(data, 'creators.duckdb'))).toBe(file)
  expect(readdirSync(join(data, 'state'))).not.toContain('warehouse.duckdb.rebuilt')

  const printed = await commandHere(['replay', '--data', data])
  expect(printed.code).toBe(0)
  expect(printed.stdout).toContain('creators')
  expect(printed.stdout).toContain('changed: nickname (1), fans (1)')
  expect(await content(data)).toEqual(before)
  expect((await replay(data, { check: true })).code).toBe(0)
})

test('a damaged file in raw/: exit 7, the error names the file, and nothing changes', async () => {
  const data = join((await twoRuns()).folder, 'data')
  const before = await content(data)
  for (const kind of ['answers', 'receipts', 'inputs']) {
    const files = readdirSync(join(data, 'raw', kind), { recursive: true, encoding: 'utf8' })
    // A run id has the time in seconds, and both runs may start in the same second.
    const path = files
      .filter((name) => name.endsWith('.parquet'))
      .map((name) => join(data, 'raw', kind, name))
      .sort((one, other) => statSync(one).mtimeMs - statSync(other).mtimeMs)
      .at(-1)!
    const bytes = readFileSync(path)
    writeFileSync(path, 'not Parquet')
    const { code, stderr } = await refusedReplay(data)
    expect(code).toBe(7)
    expect(stderr).toContain(`damaged: ${path}`)
    expect(stderr).not.toContain('\n')
    writeFileSync(path, bytes)
  }
  expect(await content(data)).toEqual(before)

  writeFileSync(realpathSync(join(data, 'creators.duckdb')) + '.new', 'not a database')
  renameSync(realpathSync(join(data, 'creators.duckdb')) + '.new', realpathSync(join(data, 'creators.duckdb')))
  const { code, report } = await replay(data)
  expect([code, report.differences]).toEqual([0, undefined])
  expect(await content(data)).toEqual(before)
})

test.each(['answers', 'inputs'] as const)('raw/ without its %s is not accepted as complete', async (kind) => {
  const { folder } = await twoRuns()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, SIX)
  const before = await content(data)
  rmSync(join(data, 'raw', kind), { recursive: true })
  const replayed = await refusedReplay(data)
  expect(replayed.code).toBe(7)
  expect(replayed.stderr).toContain(`${join(data, 'raw')} is not complete: it lacks`)
  expect(await content(data)).toEqual(before)

  rmSync(join(data, 'state'), { recursive: true })
  expect((await refused(enrich(list, data, api))).code).toBe(7)
  expect(api.ledger.summary().calls).toBe(0)
})

test('a first run that was killed: a replay loads its paid answers, and the next run reuses them', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, IDS.slice(0, 6))
  const run: { kill?: () => void } = {}
  let arrived = 0
  const api = await simulator({
    before: () => {
      arrived += 1
      if (arrived !== 4) return undefined
      run.kill?.()
      return new Promise(() => undefined)
    },
  })
  const { child, ended } = startRun([list], data, api, '--concurrency', '1')
  run.kill = () => child.kill('SIGKILL')
  await ended
  const replayed = await replay(data)
  expect(replayed.code).toBe(0)
  expect(replayed.report.answers).toBe(3)
  expect((await enrich(list, data, api)).receipt.ids).toMatchObject({ enriched: 3, reused: 3 })
})

test('nothing to replay: exit 2; a folder that another run holds: exit 8', async () => {
  const data = join(temporaryFolder(), 'data')
  const nothing = await commandHere(['replay', '--data', data])
  expect(nothing.code).toBe(2)
  expect(nothing.stderr).toContain(`${data} holds nothing to replay`)
  expect(nothing.stderr.trim().split('\n')).toHaveLength(1)

  mkdirSync(join(data, 'raw'), { recursive: true })
  const lock = await takeLock(layoutOf(data))
  expect((await cli(['replay', '--data', data])).code).toBe(8)
  await lock.release()
})
