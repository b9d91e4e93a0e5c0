import { expect, test } from 'vitest'
import { pipeline } from '../../../pipelines/default.js'
import { all, openDatabase } from '../../../src/core/duckdb.js'
import { answerReader } from '../../../src/flatten/compile.js'
import { driftSince } from '../../../src/load/recordRun.js'
import { OutdatedWarehouse } from '../../../src/load/schema/schema.js'
import type { Call } from '../../../src/model/call.js'
import { attribute, counter } from '../../../src/model/column.js'
import type { Pipeline } from '../../../src/model/pipeline.js'
import { rebuildWarehouse } from '../../../src/run/rebuild.js'
import { writeSegment } from '../../journal/calls.js'
import { openWorking, runOf, type DatedAnswer } from '../../load/schema/views/open.js'
import { openWarehouse } from '../../support/warehouse.js'

const NIGHTS: readonly DatedAnswer[][] = [
  [{ at: '2026-11-10T04:00:00Z', id: 'ann', answer: { nickname: 'Ann', motto: 'slow', stars: 3 } }],
  [{ at: '2026-11-11T04:00:00Z', id: 'ann', answer: { nickname: 'Ann', motto: 'quick', stars: 4, tab_public: 7 } }],
]

const wider: Pipeline = {
  ...pipeline,
  version: 2,
  columns: { ...pipeline.columns, motto: attribute.text('motto', 'A motto.'), stars: counter('stars', 'Stars.') },
}

test('keys that the upstream adds are kept and reported; once the definition has them, a replay fills them for the past', async () => {
  const working = await openWorking(pipeline)
  for (const [at, night] of NIGHTS.entries()) {
    const run = runOf(pipeline, `2026111${at}T040000Z-0000`, night)
    const calls: Call[] = []
    for await (const batch of run.calls()) calls.push(...batch)
    await writeSegment(working.layout.journal, calls, run.header)
    await working.load(run.header.runId, night)
  }
  expect(await working.rows('SELECT extra FROM creators')).toEqual([
    { extra: '{"tab_public":7,"motto":"quick","stars":4}' },
  ])
  expect(await working.rows('SELECT count(*) AS n FROM creator_versions')).toEqual([{ n: 1 }])
  const first = Date.parse('2026-11-10T04:00:00Z')
  expect(await working.rows(`SELECT * FROM schema_drift WHERE kind <> 'missing_key' ORDER BY path`)).toEqual(
    [
      { path: 'motto', kind: 'unknown_key', expected: null, found: 'text', first_seen_at: first, answers: 2 },
      { path: 'stars', kind: 'unknown_key', expected: null, found: 'count', first_seen_at: first, answers: 2 },
      {
        path: 'tab_public',
        kind: 'wrong_type',
        expected: 'object',
        found: 'count',
        first_seen_at: first + 86_400_000,
        answers: 1,
      },
    ].map((row) => ({ ...row, last_seen_at: first + 86_400_000, example_user_id: 'ann' })),
  )
  const drift = await driftSince(working.warehouse.connection, first + 1)
  expect(drift.filter(({ kind }) => kind === 'unknown_key').map(({ path }) => path)).toEqual(['motto', 'stars'])
  expect(await driftSince(working.warehouse.connection, first + 86_400_001)).toEqual([])
  await working.warehouse.close()

  await expect(openWarehouse(working.lock, wider)).rejects.toThrow(OutdatedWarehouse)
  const { path, answers } = await rebuildWarehouse({ lock: working.lock, reader: answerReader(wider) })
  expect(answers).toBe(2)
  const rebuilt = await openDatabase(path, { readOnly: true })
  const rows = (sql: string) => all(rebuilt.connection, sql)
  expect(await rows('SELECT motto, stars, extra FROM creators')).toEqual([
    { motto: 'quick', stars: 4, extra: '{"tab_public":7}' },
  ])
  expect(await rows('SELECT stars FROM creator_counters ORDER BY observed_at')).toEqual([{ stars: 3 }, { stars: 4 }])
  expect(await rows('SELECT column_name, old_value, new_value FROM creator_changes')).toEqual([
    { column_name: 'motto', old_value: 'slow', new_value: 'quick' },
  ])
  expect(await rows(`SELECT path FROM schema_drift WHERE kind = 'unknown_key'`)).toEqual([])
  await rebuilt.close()
})
