import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { dropHistory } from '../../src/load/dropHistory.js'
import { fillDays } from '../../src/load/merge.js'
import { sharedWorking, type DatedAnswer, type WorkingDatabase } from './schema/views/open.js'

const at = (time: string, id: string, fans?: number): DatedAnswer => {
  return { at: `2026-${time}:00:00Z`, id, answer: { fans, liked: 1, collected: 1, ndiscovery: 1 } }
}

/** Seen every day, twice on one day, with a gap, with a tier that changes, without followers, not since. */
const HISTORY: readonly DatedAnswer[][] = [
  [at('10-20T02', 'daily', 100), at('10-20T02', 'gap', 50), at('10-20T02', 'riser', 400), at('10-20T02', 'gone', 7)],
  [at('10-28T02', 'daily', 110), at('10-28T03', 'daily', 111), at('10-28T02', 'riser', 20_000)],
  [at('10-29T02', 'daily', 120), at('10-29T02', 'riser', 25_000), at('10-29T15', 'late', 5)],
  [at('10-30T02', 'daily', 130), at('10-30T02', 'gap', 70), at('10-30T02', 'riser', 30_000)],
  [at('10-31T02', 'daily', 140), at('10-31T02', 'riser'), at('11-01T02', 'new', 9)],
  [at('11-05T02', 'daily', 150), at('11-06T02', 'riser', 900)],
]

/** Midnight of 30 October in Shanghai. */
const CUT = '2026-10-29T16:00:00Z'

const history = sharedWorking(pipeline, async ({ load, rows }) => {
  for (const [run, answers] of HISTORY.entries()) await load(`run${run}`, answers)
  await rows(`INSERT INTO list_members (list, row_number, user_id)
    SELECT 'all', row_number() OVER (ORDER BY user_id), user_id FROM creators`)
})

async function cut({ rows, warehouse }: WorkingDatabase, start: string): Promise<void> {
  await rows(`UPDATE runs SET history_from = '${start}'::TIMESTAMPTZ`)
  await dropHistory(warehouse.connection, pipeline)
}

async function viewsSince({ rows }: WorkingDatabase): Promise<unknown> {
  return [
    await rows(`SELECT * FROM list_daily WHERE calendar_day >= '2026-10-30' ORDER BY ALL`),
    await rows(`SELECT * FROM tier_daily WHERE calendar_day >= '2026-10-30' ORDER BY ALL`),
    await rows(`SELECT * FROM list_monthly WHERE calendar_month >= '2026-11-01' ORDER BY ALL`),
  ]
}

async function kept({ rows }: WorkingDatabase): Promise<unknown> {
  return [
    await rows('SELECT * FROM creator_counters ORDER BY user_id, observed_at'),
    await rows('SELECT * FROM creator_days ORDER BY user_id, observed_day'),
    await rows('SELECT * FROM creator_recent ORDER BY user_id'),
  ]
}

test('what is kept looks in every view as before: known, new, changes, tiers', async () => {
  const working = await history()
  const whole = await viewsSince(working)
  await cut(working, CUT)
  expect(await viewsSince(working)).toEqual(whole)
  // Each creator has one day before, of which the sums show nothing.
  expect(
    await working.rows(`SELECT user_id, observed_day::VARCHAR AS day, previous_day, fans FROM creator_days
      WHERE observed_day < '2026-10-30' ORDER BY user_id`),
  ).toEqual([
    { user_id: 'daily', day: '2026-10-29', previous_day: null, fans: 120 },
    { user_id: 'gap', day: '2026-10-20', previous_day: null, fans: 50 },
    { user_id: 'gone', day: '2026-10-20', previous_day: null, fans: 7 },
    { user_id: 'late', day: '2026-10-29', previous_day: null, fans: 5 },
    { user_id: 'riser', day: '2026-10-29', previous_day: null, fans: 25_000 },
  ])
  const days = await working.rows('SELECT min(calendar_day)::VARCHAR AS first FROM list_daily')
  expect(days).toEqual([{ first: '2026-10-30' }])
})

test('the days are those that the kept counters give, however often history was cut', async () => {
  const once = await history()
  await cut(once, CUT)
  const rows = await kept(once)
  await cut(once, CUT)
  expect(await kept(once)).toEqual(rows)
  await fillDays(once.warehouse.connection, pipeline)
  expect(await kept(once)).toEqual(rows)
  const twice = await history()
  await cut(twice, '2026-10-27T16:00:00Z')
  await cut(twice, CUT)
  expect(await kept(twice)).toEqual(rows)
})
