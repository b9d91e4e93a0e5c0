import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quotedName } from '../../../../src/core/duckdb.js'
import { published } from '../../../support/published.js'
import { checkReplay } from '../../../support/replayed.js'
import type { Enriched } from '../../../support/simulated.js'
import { nightlyId, twelveNights } from '../../../support/twelveNights.js'

/** Every figure of the views is compared with a query over the time series and the rows of the lists alone. */
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-nights-'))
const data = join(folder, 'data')
const rows = (sql: string) => published(data, sql)
let runs: Enriched[]
beforeAll(async () => {
  runs = await twelveNights(folder)
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The last profile of each creator and day in Shanghai. */
const SEEN = `(
  SELECT user_id, CAST(make_timestamp(epoch_us(observed_at)) + INTERVAL 8 HOUR AS DATE) AS day,
    arg_max_null(fans, observed_at) AS fans, arg_max_null(tier, observed_at) AS tier,
    arg_max_null(likes_and_collects, observed_at) AS engagement, arg_max_null(ndiscovery, observed_at) AS posts
  FROM creator_counters GROUP BY ALL
)`
const DAYS = `(SELECT CAST(unnest(generate_series(DATE '2026-03-01', DATE '2026-03-13', INTERVAL 1 DAY)) AS DATE) AS day)`
const MEMBERS = '(SELECT DISTINCT list, user_id FROM list_members)'
/** What was known of each creator at the end of each day. */
const KNOWN = `(
  SELECT days.day, s.user_id, arg_max(s.fans, s.day) AS fans, arg_max(s.tier, s.day) AS tier,
    max(s.day) = days.day AS is_observed, min(s.day) = days.day AS is_new
  FROM ${DAYS} AS days JOIN ${SEEN} AS s ON s.day <= days.day GROUP BY days.day, s.user_id
)`
/** The newest profile of each creator. */
const NEWEST = `(SELECT * FROM ${SEEN} QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY day DESC) = 1)`

async function same(found: string, expected: string, least: number): Promise<void> {
  const cells = async (sql: string) => (await rows(`SELECT * FROM (${sql}) ORDER BY ALL`)).map(Object.values)
  const wanted = await cells(expected)
  expect(wanted.length).toBeGreaterThanOrEqual(least)
  expect(await cells(found)).toEqual(wanted)
}

test('the nights were as they should be', () => {
  const full = [400, 0]
  const capped = [150, 250]
  expect(runs.map(({ receipt: { calls, ids } }) => [calls.sent, ids.parked])).toEqual([
    ...[full, full, full, capped, full],
    ...[full, capped, [60, 340], full, full, full],
    [5, 245],
  ])
})

test('sums of lists carry the last known followers over capped and missed nights', async () => {
  await same(
    'SELECT calendar_day, list, creators_known, creators_observed, creators_new, fans FROM list_daily',
    `SELECT k.day, m.list, count(*), count(*) FILTER (is_observed), count(*) FILTER (is_new), sum(fans)::BIGINT
     FROM ${KNOWN} AS k JOIN ${MEMBERS} AS m USING (user_id) GROUP BY ALL`,
    26,
  )
  await same(
    'SELECT list, last_day, creators_known, fans FROM list_monthly',
    `SELECT m.list, k.day, count(*), sum(fans)::BIGINT FROM ${KNOWN} AS k JOIN ${MEMBERS} AS m USING (user_id)
     WHERE k.day = DATE '2026-03-13' GROUP BY ALL`,
    2,
  )
  await same(
    'SELECT calendar_day, tier, tier_rank, creators, creators_observed, fans FROM tier_daily WHERE creators > 0',
    `SELECT day, tier, list_position(['nano', 'micro', 'mid', 'macro', 'mega'], tier), count(*),
       count(*) FILTER (is_observed), sum(fans)::BIGINT
     FROM ${KNOWN} WHERE tier IS NOT NULL GROUP BY ALL`,
    60,
  )
})

test('the movers of a day are there after a few creators were topped up past midnight', async () => {
  for (const [direction, sign, order] of [
    ['up', '>', 'DESC'],
    ['down', '<', 'ASC'],
  ] as const) {
    const change = '(n.fans - b.fans)'
    await same(
      `SELECT place, user_id, last_observed_day, fans_before, fans, fans_change, tier_rank FROM top_movers
       WHERE period_days = 1 AND ranked_by = 'absolute' AND direction = '${direction}'`,
      `SELECT row_number() OVER (ORDER BY ${change} ${order}, n.user_id), n.user_id, n.day, b.fans, n.fans, ${change},
         list_position(['nano', 'micro', 'mid', 'macro', 'mega'], n.tier)
       FROM ${NEWEST} AS n JOIN ${SEEN} AS b ON b.user_id = n.user_id AND b.day = n.day - 1 WHERE ${change} ${sign} 0`,
      20,
    )
  }
})

test('staleness is in days until the newest run: five creators were fetched after midnight', async () => {
  await same(
    'SELECT user_id, last_observed_day, staleness FROM creator_overview',
    `SELECT user_id, day, DATE '2026-03-13' - day FROM ${NEWEST}`,
    400,
  )
  expect(await rows('SELECT staleness, count(*) AS n FROM creator_overview GROUP BY ALL ORDER BY ALL')).toEqual([
    { staleness: 0, n: 5 },
    { staleness: 1, n: 395 },
  ])
})

test('the engagement rate is per post and follower, and its median in a tier is 1', async () => {
  const rate = 'engagement::DOUBLE / nullif(posts, 0) / nullif(fans, 0)'
  await same(
    'SELECT user_id, engagement_rate, engagement_vs_tier FROM creator_overview',
    `SELECT n.user_id, ${rate}, ${rate} / (
       SELECT quantile_cont(${rate.replace(/(engagement|posts|fans)/g, 't.$1')}, 0.5) FROM ${NEWEST} AS t WHERE t.tier = n.tier
     ) FROM ${NEWEST} AS n`,
    400,
  )
  const medians = await rows(
    'SELECT tier, median(engagement_vs_tier) AS m FROM creator_overview WHERE tier IS NOT NULL GROUP BY tier',
  )
  expect(medians).toHaveLength(5)
  for (const { m } of medians) expect(m).toBeCloseTo(1, 9)
})

test('provinces have one name, countries stand apart', async () => {
  const kinds = `CASE WHEN ip_location IN ('意大利', '日本', '英国', '新加坡') THEN 'country' WHEN ip_location <> '' THEN 'province' END`
  await same(
    'SELECT user_id, province, region_kind FROM creator_overview',
    `SELECT user_id, CASE ip_location WHEN 'Beijing' THEN '北京' ELSE nullif(ip_location, '') END, ${kinds} FROM creators`,
    400,
  )
  const found = await rows(
    'SELECT region_kind, count(DISTINCT province) AS n FROM creator_overview GROUP BY ALL ORDER BY ALL',
  )
  expect(found).toEqual([
    { region_kind: 'country', n: 4 },
    { region_kind: 'province', n: 12 },
    { region_kind: null, n: 0 },
  ])
})

test('words, codes and flags of one fact agree', async () => {
  await same(
    'SELECT user_id, gender, gender_label, is_verified, tier, tier_rank FROM creator_overview',
    `SELECT user_id, CASE gender WHEN 0 THEN 'male' WHEN 1 THEN 'female' END,
       CASE gender WHEN 0 THEN 'male' WHEN 1 THEN 'female' ELSE 'unknown' END, red_official_verify_type > 0,
       CASE WHEN fans < 10000 THEN 'nano' WHEN fans < 100000 THEN 'micro' WHEN fans < 500000 THEN 'mid'
         WHEN fans < 1000000 THEN 'macro' WHEN fans IS NOT NULL THEN 'mega' END,
       CASE WHEN fans < 10000 THEN 1 WHEN fans < 100000 THEN 2 WHEN fans < 500000 THEN 3 WHEN fans < 1000000 THEN 4
         WHEN fans IS NOT NULL THEN 5 END
     FROM creators`,
    400,
  )
})

test('counts that nobody can have are anomalies and not known', async () => {
  const found = await rows(
    `SELECT user_id, column_name, min(detail) AS detail, count(*) >= 8 AS each_night FROM anomalies WHERE kind = 'implausible' GROUP BY ALL ORDER BY ALL`,
  )
  const of = (n: number, column_name: string, detail: string) => {
    return { user_id: nightlyId(n), column_name, detail: `${detail} cannot be a count`, each_night: true }
  }
  expect(found).toEqual([
    of(160, 'fans', '9007199254740994'),
    of(160, 'liked', '9223372036854775000'),
    of(380, 'fans', '-21263'),
    of(380, 'liked', '12000000000'),
    of(380, 'ndiscovery', '-1'),
  ])
  expect(
    await rows(
      `SELECT count(*) AS n, max(fans) < 10000000 AS fits FROM creator_overview WHERE user_id NOT IN ('${nightlyId(160)}', '${nightlyId(380)}')
       UNION ALL SELECT count(fans), NULL FROM creator_counters WHERE user_id IN ('${nightlyId(160)}', '${nightlyId(380)}')`,
    ),
  ).toEqual([
    { n: 398, fits: true },
    { n: 0, fits: null },
  ])
})

test('money is known for each list, also where one run read both', async () => {
  expect(
    await rows(
      'SELECT list, last_run_money, last_run_money_maybe_billed, nightly_price, currency FROM list_overview ORDER BY list',
    ),
  ).toEqual([
    { list: 'autumn', last_run_money: 0.75, last_run_money_maybe_billed: 0, nightly_price: 37.5, currency: 'CNY' },
    // 150 ids alone and half of the 100 that both lists have.
    { list: 'spring', last_run_money: 30, last_run_money_maybe_billed: 0, nightly_price: 37.5, currency: 'CNY' },
  ])
  expect(
    await rows(
      `SELECT strftime(calendar_day, '%d') AS day, round(money_billed, 6) AS money FROM spend_daily ORDER BY day`,
    ),
  ).toEqual(
    Object.entries({
      '01': 60,
      '02': 60,
      '03': 60,
      '04': 22.5,
      '05': 60,
      '07': 60,
      '08': 22.5,
      '09': 9,
      10: 60,
      11: 60,
      12: 60,
      13: 0.75,
    })
      .map(([day, money]) => ({ day, money }))
      .sort((a, b) => (a.day < b.day ? -1 : 1)),
  )
  expect(await rows('SELECT round(sum(money_billed), 6) AS money FROM list_costs')).toEqual([{ money: 534.75 }])
})

test('candidates are ids that no list has', async () => {
  await same(
    'SELECT user_id, mentioned_by, last_mentioned_day FROM creator_candidates',
    `SELECT mentioned_user_id, count(DISTINCT m.user_id), max(n.day) FROM creator_mentions AS m JOIN ${NEWEST} AS n USING (user_id)
     WHERE mentioned_user_id NOT IN (SELECT user_id FROM list_members) GROUP BY ALL`,
    80,
  )
})

test('no table or view has an empty text, and each tier explains itself', async () => {
  const columns = await rows(
    `SELECT table_name AS t, column_name AS c FROM duckdb_columns()
     WHERE database_name = current_database() AND data_type = 'VARCHAR' AND NOT internal`,
  )
  expect(columns.length).toBeGreaterThan(200)
  const counts = columns.map(
    ({ t, c }) =>
      `SELECT '${t as string}.${c as string}' AS place, count(*) AS n FROM ${quotedName(t as string)} WHERE ${quotedName(c as string)} = ''`,
  )
  expect(await rows(`SELECT * FROM (${counts.join(' UNION ALL ')}) WHERE n > 0`)).toEqual([])
  const tiers = await rows(`SELECT table_name, description FROM data_dictionary WHERE column_name = 'tier'`)
  expect(tiers.length).toBeGreaterThanOrEqual(8)
  for (const { table_name, description } of tiers)
    expect(description, table_name as string).toContain('micro below 100,000')
})

test('the first time of each view is a day beside its key', async () => {
  const columns = await rows(
    `SELECT table_name AS view, column_name AS name, data_type AS type FROM duckdb_columns()
     WHERE database_name = current_database() AND NOT internal AND data_type IN ('DATE', 'TIMESTAMP')
       AND table_name IN (SELECT view_name FROM duckdb_views() WHERE NOT internal) ORDER BY table_name, column_index`,
  )
  const first = new Map<unknown, unknown>()
  for (const { view, name } of columns) if (!first.has(view)) first.set(view, name)
  expect(Object.fromEntries([...first] as [string, string][])).toEqual({
    changes: 'changed_day',
    creator_candidates: 'last_mentioned_day',
    creator_growth_daily: 'observed_day',
    creator_overview: 'last_observed_day',
    list_costs: 'calendar_month',
    list_daily: 'calendar_day',
    list_monthly: 'calendar_month',
    list_overview: 'last_read_day',
    list_rows: 'last_read_day',
    spend_daily: 'calendar_day',
    tier_daily: 'calendar_day',
    top_movers: 'last_observed_day',
  })
})

test('a rebuild from raw/ finds the same', async () => {
  expect(await checkReplay(data)).toEqual([])
})
