import { join } from 'node:path'
import stringWidth from 'string-width'
import { expect, onTestFinished, test } from 'vitest'
import { periodOf, readHighlights, readTotals, type Change, type Mover } from '../../../src/commands/changes/changes.js'
import { changesText } from '../../../src/commands/changes/changesText.js'
import { openDatabase } from '../../../src/core/duckdb.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { withPublished } from '../../../src/publish/openPublished.js'
import { sparkline } from '../../../src/terminal/table.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { published } from '../../support/published.js'
import { enrichAt, simulator } from '../../support/simulated.js'

const DAY = 86_400_000
const IDS = Array.from({ length: 12 }, (_, n) => plainId(n + 1))

test.each([
  [{ agoMs: 7 * DAY }, '2026-11-15T16:30:00.000Z', '2026-11-17'],
  [{ day: '2026-11-20' }, '2026-11-19T16:00:00.000Z', '2026-11-20'],
])('since %j', (since, start, fromDay) => {
  const period = periodOf(since, Date.parse('2026-11-22T16:30:00Z'), 'Asia/Shanghai')
  expect(new Date(period.since).toISOString()).toBe(start)
  expect(period.fromDay).toBe(fromDay)
})

test('followers are compared by day: a period of less than a day is today', () => {
  const afternoon = Date.parse('2026-11-22T08:00:00Z')
  // A time before year 1 would be shown as one of the future.
  expect(periodOf({ agoMs: 99_999_999 * 86_400_000 }, afternoon, 'Asia/Shanghai').shown).toMatch(/^1970-01-01 /)
  expect(periodOf({ agoMs: 6 * 3_600_000 }, afternoon, 'Asia/Shanghai').fromDay).toBe('2026-11-22')
})

test('a day without a number of followers hides neither earlier nor later days', async () => {
  const database = await openDatabase(':memory:')
  onTestFinished(() => database.close())
  const { connection } = database
  await connection.run(`
    CREATE TABLE creator_changes (
      user_id VARCHAR, changed_at TIMESTAMPTZ, column_name VARCHAR, old_value VARCHAR, new_value VARCHAR);
    CREATE TABLE creator_overview (user_id VARCHAR, nickname VARCHAR, tier VARCHAR);
    CREATE TABLE creator_days (user_id VARCHAR, observed_day DATE, previous_day DATE, fans BIGINT, fans_change BIGINT);
    INSERT INTO creator_days VALUES
      ('a', '2026-11-19', NULL, 100, NULL),
      ('a', '2026-11-20', '2026-11-19', 110, 10),
      ('a', '2026-11-21', '2026-11-20', NULL, NULL),
      ('a', '2026-11-22', '2026-11-21', 5000, NULL),
      ('new', '2026-11-22', NULL, 7, NULL)`)
  const period = { since: 0, fromDay: '2026-11-20', shown: '2026-11-20', timeZone: 'Asia/Shanghai' }
  expect(await readTotals(connection, period)).toMatchObject({ gained: 1, lost: 0 })
  const { up } = await readHighlights(connection, period, 5)
  expect(up).toMatchObject([{ user_id: 'a', fans_before: 100, fans: 5000, fans_change: 4900 }])
})

test('a curve goes from the least number to the most', () => {
  expect(sparkline([1, 8, null, 4])).toBe('▁█·▄')
  expect(sparkline([5, 5])).toBe('▄▄')
  expect(sparkline([])).toBe('')
})

test('movers and changes agree with the time series, and their text fits a terminal', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, IDS)
  const now = Date.now()
  // Nine, three and no days ago: the change since a week ago spans nine days.
  for (const [night, ago] of [9, 3, 0].entries()) {
    api.change({ night: night * 60 })
    await enrichAt(() => now - ago * DAY, list, data, api, '--max-age', '0s')
  }
  const fans = await published<{ user_id: string; before: number; after: number }>(
    data,
    `SELECT user_id, arg_min(fans, observed_at) AS before, arg_max(fans, observed_at) AS after
     FROM creator_counters GROUP BY user_id ORDER BY after - before DESC, user_id`,
  )
  const printed = await commandHere(['changes', '--json', '--data', data])
  expect(printed.code, printed.stderr).toBe(0)
  const all = JSON.parse(printed.stdout) as {
    movers: Mover[]
    attribute_changes: Change[]
    gained: number
    lost: number
    changes: number
  }
  const moved = fans.filter(({ before, after }) => before !== after)
  expect(moved.length).toBeGreaterThan(3)
  expect(all.movers.map((mover) => [mover.user_id, mover.fans_before, mover.fans])).toEqual(
    moved.map(({ user_id, before, after }) => [user_id, before, after]),
  )
  expect(new Set(all.movers.map(({ days }) => days))).toEqual(new Set([9]))
  expect(all.gained + all.lost).toBe(moved.length)

  const recorded = await published<{ n: number }>(data, 'SELECT count(*) AS n FROM creator_changes')
  expect(all.attribute_changes).toHaveLength(recorded[0]!.n)
  expect(all.changes).toBe(recorded[0]!.n)
  expect(recorded[0]!.n).toBeGreaterThan(0)

  const two = JSON.parse(
    (await commandHere(['changes', '--since', '2d', '--limit', '1', '--json', '--data', data])).stdout,
  ) as typeof all
  expect(two.movers).toMatchObject([{ days: 3 }])
  expect(two.attribute_changes.length).toBeLessThanOrEqual(1)

  const period = periodOf({ agoMs: 7 * DAY }, now, 'Asia/Shanghai')
  const page = await withPublished(layoutOf(data), async (connection) => {
    return changesText(await readTotals(connection, period), await readHighlights(connection, period, 5), period, 80)
  })
  expect(page).toContain(`${all.gained} gained followers, ${all.lost} lost some`)
  // A day is a character: nine, three and no days ago.
  expect(page).toMatch(/ 9 d {2}··[▁▂▃▄▅▆▇█]·····[▁▂▃▄▅▆▇█]··[▁▂▃▄▅▆▇█]\n/)
  expect(page).toContain('last 12 days')
  for (const line of page.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80)

  for (const TZ of ['America/New_York', 'Asia/Shanghai', 'Pacific/Auckland']) {
    const day = new Date(now - 5 * DAY).toISOString().slice(0, 10)
    const { stdout } = await commandHere(['changes', '--since', day, '--data', data], { env: { TZ } })
    expect(stdout).toContain(`since ${day} (Asia/Shanghai)`)
  }
  expect(await commandHere(['changes', '--since', '2099-01-01', '--data', data])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error: --since 2099-01-01 (Asia/Shanghai) lies in the future: give a day up to today\n',
  })

  const wrong = await commandHere(['changes', '--since', 'yesterday', '--data', data])
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain('--since: expected a duration such as 7d, or a day such as 2026-11-01')
})
