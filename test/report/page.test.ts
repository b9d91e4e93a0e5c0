import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { StopReason } from '../../src/model/outcome.js'
import type { Language } from '../../src/model/language.js'
import { runAgain } from '../../src/model/runAgain.js'
import type { Html } from '../../src/report/html.js'
import type { RunRow } from '../../src/report/runRow.js'
import { stopNote } from '../../src/report/sections/operator/outcome.js'
import { insertCreators, dataOf, englishWordsOf, openReportFixture, textOf } from './reportFixture.js'

const RUN = '20261120T180000Z-0001'

/** Two o'clock at night in Shanghai. */
const night = (day: number) => `2026-11-${day}T18:00:00Z`

const headings = (page: string) => [...page.matchAll(/<h2[^>]*>(.*?)<\/h2>/gs)].map(([, text]) => textOf(text!).trim())

test('each section shows the content of the tables', async () => {
  const fixture = await openReportFixture()
  const answers = (day: number, people: Record<string, object>) =>
    Object.entries(people).map(([id, answer]) => ({ at: night(day), id, answer: answer as Record<string, unknown> }))
  const ann = { fans: 20_000, liked: 900, collected: 100, ndiscovery: 10, gender: 1, ip_location: '广东' }
  const ben = {
    nickname: '本',
    desc: 'old bio',
    fans: 2_000,
    gender: 0,
    ip_location: '浙江',
    red_official_verify_type: 1,
  }
  await fixture.load(
    '20261113T180000Z-0001',
    answers(13, { ann: { nickname: '安', ...ann }, ben, cat: { nickname: '猫', fans: 5 } }),
  )
  await fixture.load(
    RUN,
    answers(20, {
      ann: { nickname: '安安', ...ann, fans: 21_234 },
      ben: { ...ben, desc: 'new bio', fans: 1_500 },
    }),
  )
  await fixture.record('20261113T180000Z-0001', [{ id: 'ann', status: 'enriched' }])
  await fixture.record(RUN, [
    { id: 'ann', status: 'enriched' },
    { id: 'ben', status: 'enriched' },
    { id: 'dan', status: 'failed', reason: '301' },
    { id: 'eve', status: 'parked', reason: 'cap' },
  ])
  await fixture.rows(
    `INSERT INTO failures (run_id, user_id, code, message, attempts) VALUES ('${RUN}', 'dan', '301', 'try <again>', 5)`,
  )
  await fixture.rows(
    `INSERT INTO run_codes (run_id, code, calls, billed, maybe_billed) VALUES ('${RUN}', '301', 5, 0, 0)`,
  )
  await fixture.rows(
    `INSERT INTO anomalies (user_id, kind, column_name, detail, run_id) VALUES ('ann', 'counts_disagree', 'fans', '1 and 2', '${RUN}')`,
  )
  const page = await fixture.page()
  const text = textOf(page)

  // The finding comes first, the operator's part last.
  expect(headings(page)).toEqual([
    'Followers grew by 3.3% in 7 days',
    '+3.3% followers since 2026-11-14',
    'Half of the creators have 11,367 followers or more',
    '安安 gained the most: +1,234 followers in 7 days',
    '2 creators changed something in 7 days',
    'All 3 creators',
    'For the operator',
  ])
  expect(text).toContain('From 22,000 to 22,734, over the 2 creators known on both days.')
  expect(text).toContain('Creators 2 with a profile, of 4 ids')
  expect(text).toContain('Followers 22.7K median 11,367')
  expect(text).toContain('Change in 7 days +734 +3.3%')
  expect(text).toContain('Gained followers 50.0% 1 of 2 creators')
  expect(text).toContain('1 more creator with a profile, in no list any more, not counted here.')
  expect(page).toContain('aria-label="spring: +3.3% from 2026-11-14 to 2026-11-21"')

  expect(text).toContain('4 rows were read from spring , with 4 ids: 2 refreshed, 2 without a profile.')
  expect(text).toContain('Rows enriched 2 50.0% of 4 rows')
  expect(text).toContain('Cost ¥0.75 ¥0.15 a call')
  expect(text).toContain('failed 301 1 try &lt;again&gt;')
  expect(text).toContain('parked cap 1 over the cap of this run')
  expect(text).toContain('Rows parked 1 due, and not reached')
  expect(text).toContain('The last 2 runs')
  expect(text).not.toContain('SIMULATED')

  expect(text).toMatch(/Tier: micro leads with 50\.0% .* nano 1 50\.0% micro 1 50\.0%/)
  expect(text).toMatch(/广东 1 50\.0% 浙江 1 50\.0%/)

  expect(text).toMatch(/Gained the most followers .*安安 micro · 21,234 \+1,234 \+6\.2%/)
  expect(text).toMatch(/Lost the most followers .*本 nano · 1,500 −500 −25\.0%/)
  expect(page).toContain('aria-label="20,000 to 21,234 over 7 days (+1,234)"')

  expect(text).toMatch(/Renamed .* 安 安安 2026-11-21 02:00/)
  expect(text).toMatch(/New bios .* 本 old bio → new bio/)
  expect(text).toMatch(/counts disagree fans 1 安安 : 1 and 2/)
  expect(text).toMatch(
    /Age at the end of the run: 66\.7% within a day .* within a day 2 66\.7% .* 7 to 30 days 1 33\.3%/,
  )

  const overview = await fixture.rows(
    'SELECT user_id, nickname, fans, fans_change_7d, engagement, tier FROM creator_overview ORDER BY fans DESC',
  )
  const { ids, cells, words } = dataOf(page)
  expect(
    ids.map((user_id, row) => {
      const of = (key: string) => cells[key]![row] ?? null
      const tier = words['tier']![of('tier') as number]
      return {
        user_id,
        nickname: of('nickname'),
        fans: of('fans'),
        fans_change_7d: of('fans_change_7d'),
        engagement: of('engagement'),
        tier,
      }
    }),
  ).toEqual(overview)
  // The night of the 20th is the morning of the 21st in Shanghai.
  expect(cells['last_observed_day']).toEqual(['2026-11-21', '2026-11-21', '2026-11-14'])
  // Each name has its id beside it, so that `forget` finds the person.
  for (const id of ['ann', 'ben']) expect(page).toContain(`data-id="${id}"`)

  const chinese = await fixture.page('zh')
  expect(chinese).toContain('<html lang="zh-CN">')
  expect(headings(chinese)).toEqual([
    '近 7 天粉丝增长 3.3%',
    '自 2026-11-14 起粉丝 +3.3%',
    '半数达人的粉丝数不少于 11,367',
    '安安 涨粉最多：近 7 天 +1,234',
    '近 7 天有 2 位达人变更了资料',
    '全部 3 位达人',
    '运行情况',
  ])
  const read = textOf(chinese)
  expect(read).toContain('粉丝 2.3万 中位数 11,367')
  expect(read).toMatch(/量级：尾部 1–10万 最多，占 50\.0% .* 素人 &lt;1万 1 50\.0% 尾部 1–10万 1 50\.0%/)
  expect(read).toContain('共读取 4 行，来自 spring ，含 4 个 ID：2 个已更新，2 个没有资料。')
  expect(read).toContain('失败 301 1 采集失败（try &lt;again&gt;）')
  expect(read).toContain('待抓取 cap 1 超出本次运行的上限，下次运行会继续')
  expect(read).toMatch(/数值不一致 fans 1 安安 ：1 and 2/)
  expect(dataOf(chinese).words['gender']).toEqual(['女', '男'])
  // What the tables hold as a text, and the name of the list.
  expect(englishWordsOf(chinese)).toEqual(['again', 'and', 'spring', 'try'])
})

test('each stop says why, and how to go on, also in Chinese', () => {
  const stops: StopReason[] = [
    ...(['token', 'permission', 'route', 'unreachable', 'quota', 'balance', 'redirect', 'proxy'] as const),
    ...(['signal', 'cap'] as const),
  ]
  for (const reason of stops) {
    const run_again = runAgain({ reason, code: '303', message: '', limit: 'account', at: 0 }, 'Asia/Shanghai')
    const run = { exit_code: 0, stop_reason: reason, stop_message: 'the cap', run_again }
    const noteOf = (lang: Language) =>
      textOf((stopNote(run as RunRow, 'Asia/Shanghai', lang) as Html).text).replaceAll('&#39;', "'")
    expect(noteOf('en')).toContain(`(${reason}): the cap To continue: ${run_again}.`)
    expect(noteOf('zh')).toMatch(/：.*\p{sc=Han}.*。 继续运行：.*\p{sc=Han}/u)
    expect(noteOf('zh')).not.toMatch(/the|run/)
  }
})

test('hostile texts are shown as text', async () => {
  const fixture = await openReportFixture()
  const hostile = '</script><script>alert(1)</script><img src=x onerror=alert(1)>"\'\u001b\u202e'
  const answer = { nickname: hostile, desc: hostile, fans: 5_000, ip_location: hostile }
  await fixture.load('20261119T180000Z-0001', [
    { at: night(19), id: 'eve', answer: { ...answer, nickname: `old ${hostile}`, desc: 'x' } },
  ])
  await fixture.load(RUN, [{ at: night(20), id: 'eve', answer: { ...answer, fans: 6_000 } }])
  await fixture.record(RUN, [{ list: hostile, id: 'eve', status: 'failed', reason: hostile }], {
    stop_reason: `'balance'`,
    stop_message: `'${hostile.replaceAll("'", "''")}'`,
  })
  await fixture.rows(`INSERT INTO schema_drift (path, kind, found, answers) VALUES ('<b>', 'unknown_key', '<i>', 1)`)
  const page = await fixture.page()
  expect(page.match(/<script/g)).toHaveLength(2)
  expect(page.match(/<\/script/g)).toHaveLength(2)
  expect(page).not.toMatch(/<img|<b>&/)
  expect(page).not.toContain('\u001b')
  expect(page.match(/&lt;img src=x onerror=alert\(1\)&gt;/g)!.length).toBeGreaterThan(5)
  expect(dataOf(page).cells['nickname']).toEqual([hostile])
})

test('the policy allows exactly this style and this script', async () => {
  const fixture = await openReportFixture()
  await insertCreators(fixture, 3)
  await fixture.record(RUN, [])
  const page = await fixture.page()
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)![1]!.replaceAll('&#39;', "'")
  const hashOf = (text: string) => createHash('sha256').update(text).digest('base64')
  const style = /<style>(.*?)<\/style>/s.exec(page)![1]!
  const script = /<script type="module">(.*?)<\/script>/s.exec(page)![1]!
  expect(policy).toBe(
    `default-src 'none'; style-src 'sha256-${hashOf(style)}'; script-src 'sha256-${hashOf(script)}'; base-uri 'none'; form-action 'none'`,
  )
  expect(page).not.toMatch(/ style="| on\w+="|<link|@import|url\(/)
})

test('a first run of one creator: sections without data say so in words', async () => {
  const fixture = await openReportFixture()
  await fixture.load(RUN, [{ at: night(20), id: 'ann', answer: { nickname: '安', fans: 7 } }])
  await fixture.record(RUN, [{ id: 'ann', status: 'enriched' }], { simulated: 'true' })
  const page = await fixture.page()
  const text = textOf(page)
  expect(text).toContain('SIMULATED DATA. Every person here is invented')
  expect(text).toContain('Cost none simulated; real: ¥0.75')
  expect(text).toContain('1 row was read from spring , with 1 id: 1 refreshed.')
  expect(text).toContain('Nothing failed: every row has its profile.')
  expect(headings(page)[0]).toBe('1 creator with 7 followers')
  expect(text).toContain('lines appear when creators have been fetched on two days')
  expect(text).toContain('growth appears when creators have been fetched on two days')
  expect(text).toContain('changes appear when creators have been fetched twice')
  expect(text).toContain('No anomaly.')
  expect(text).not.toContain('7 days ↕')
  const chinese = await fixture.page('zh')
  expect(textOf(chinese)).toContain('模拟数据。 这里的人物均为虚构。')
  expect(headings(chinese)[0]).toBe('1 位达人，粉丝共 7')
  expect(englishWordsOf(chinese)).toEqual([])
})

test('without any profile there is no table of creators', async () => {
  const fixture = await openReportFixture()
  await fixture.record(RUN, [{ id: 'ann', status: 'failed', reason: '500' }])
  const page = await fixture.page()
  expect(textOf(page)).toContain('No profile has been received yet')
  expect(page).not.toContain('id="creators"')
  expect(page).not.toContain('href="#creators"')
  expect(englishWordsOf(await fixture.page('zh'))).toEqual([])
})

test('of more than 10,000 creators the page shows those with the most followers, and says so', async () => {
  const fixture = await openReportFixture()
  await insertCreators(fixture, 10_050)
  await fixture.record(RUN, [])
  const page = await fixture.page()
  const { ids, cells, links } = dataOf(page)
  expect(ids).toHaveLength(10_000)
  expect(cells['fans']![0]).toBe(1_005_000)
  expect(cells['fans']!.at(-1)).toBe(5_100)
  expect(links).toBe('https://people.test/')
  expect(textOf(page)).toContain('These are the 10,000 of 10,050 with the most followers')
  expect(textOf(await fixture.page('zh'))).toContain(
    '共 10,050 位，这里显示粉丝最多的 10,000 位。其余见 creators.duckdb',
  )
})

test('lists are compared on one scale, and pairs with common creators are named', async () => {
  const fixture = await openReportFixture()
  const people = { ann: 10_000, ben: 20_000, cat: 30_000 }
  const answers = (day: number, growth: number) =>
    Object.entries(people).map(([id, fans]) => ({ at: night(day), id, answer: { nickname: id, fans: fans * growth } }))
  await fixture.load('20261113T180000Z-0001', answers(13, 1))
  await fixture.load(RUN, [...answers(20, 1.5), { at: night(20), id: 'dan', answer: { fans: 7_000_000 } }])
  await fixture.record(RUN, [
    ...(['ann', 'ben'] as const).map((id) => ({ list: 'spring', id, status: 'enriched' }) as const),
    ...(['ben', 'cat', 'dan'] as const).map((id) => ({ list: 'autumn', id, status: 'enriched' }) as const),
  ])
  const page = await fixture.page()
  const text = textOf(page)
  expect(headings(page)).toEqual(
    expect.arrayContaining(['Followers grew by 50.0% in 7 days', 'autumn is the largest list: 7.1M followers']),
  )
  // Dan is new, with all his followers: that is no growth.
  expect(text).toContain('autumn 3 7.1M 45,000 – +50.0%')
  expect(text).toContain('spring 2 45K 22,500 – +50.0%')
  expect(page).toContain('aria-label="autumn: +50.0% from 2026-11-14 to 2026-11-21"')
  expect(text).toContain('spring and autumn share 1 creator')
  expect(text).toContain('spring autumn 1 50.0% 33.3% 30K')
  const chinese = await fixture.page('zh')
  expect(headings(chinese)).toContain('「autumn」是最大的名单：粉丝 707.5万')
  expect(textOf(chinese)).toContain('spring autumn 1 50.0% 33.3% 3万')
  expect(englishWordsOf(chinese)).toEqual(['autumn', 'spring'])
})

test('the report of a list holds its people alone: no other list, no money, nothing of the operator, own columns on request', async () => {
  const fixture = await openReportFixture()
  await fixture.load('20261113T180000Z-0001', [{ at: night(13), id: 'ann', answer: { nickname: '安', fans: 20_000 } }])
  await fixture.load(RUN, [
    { at: night(20), id: 'ann', answer: { nickname: '安', fans: 21_000, desc: 'tea' } },
    { at: night(20), id: 'ben', answer: { nickname: '本', fans: 90_000 } },
  ])
  const rows = [
    { list: 'spring', id: 'ann', status: 'enriched', input: ['ann', '=1+1', 'a brand'] },
    { list: 'spring', id: 'zoe', status: 'failed', reason: '500', input: ['zoe', '', ''] },
    { list: 'secret rival', id: 'ann', status: 'enriched' },
    { list: 'secret rival', id: 'ben', status: 'enriched' },
  ] as const
  await fixture.record(RUN, rows)
  const page = await fixture.listPage('spring')
  expect(headings(page)[0]).toBe('Followers grew by 5.0% in 7 days')
  expect(headings(page)).not.toContain('For the operator')
  expect(dataOf(page)).toMatchObject({ ids: ['ann'], about: ['tea'] })
  for (const hidden of ['rival', 'ben', '本', 'zoe', '¥', 'CNY', 'billed', 'Calls', 'api.test', RUN, 'a brand'])
    expect(page.replace(/<(style)\b.*?<\/\1>/gs, ''), hidden).not.toContain(hidden)

  const columns = [
    { name: 'fee', place: 1 },
    { name: 'brand <b>', place: 2 },
  ]
  const own = await fixture.listPage('spring', columns)
  expect(dataOf(own).cells).toMatchObject({ own1: ['=1+1'], own2: ['a brand'] })
  expect(textOf(own)).toContain('brand &lt;b&gt;')
  const chinese = await fixture.listPage('spring', [], 'zh')
  expect(textOf(chinese)).toContain('达人报告 · 数据截至 2026-11-21 02:00（Asia/Shanghai）')
  expect(englishWordsOf(chinese)).toEqual(['spring'])

  // What happens in other lists does not change it.
  await fixture.load('20261121T180000Z-0001', [{ at: night(21), id: 'ben', answer: { nickname: '本', fans: 95_000 } }])
  await fixture.record('20261121T180000Z-0001', [{ list: 'third', id: 'ben', status: 'enriched' }])
  expect(await fixture.listPage('spring')).toBe(page)
})
