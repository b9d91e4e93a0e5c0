import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { replayCommand } from '../../src/commands/replay/command.js'
import { replay } from '../../src/commands/replay/replay.js'
import { resolveSettings } from '../../src/config/settings.js'
import { liveEffects } from '../../src/core/effects.js'
import { loadPipeline, type SimulatedAnswers } from '../../src/model/pipeline.js'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js'
import { plainId } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrichAt } from '../support/simulated.js'

const [STEADY, RENAMED, BANNED, FAILING, LATE] = [1, 2, 3, 4, 5].map(plainId) as [
  string,
  string,
  string,
  string,
  string,
]

/** Followers by night, 1 to 14. */
const FANS: Readonly<Record<string, (night: number) => number>> = {
  [STEADY]: (night) => 1000 + 10 * night,
  [RENAMED]: () => 5000,
  [BANNED]: (night) => 200 + night * night,
  [FAILING]: (night) => 50_000 - 100 * night,
  [LATE]: (night) => 10 + night,
}

/** Each person as on the first night, except for followers and one name. */
async function scripted(): Promise<SimulatedAnswers> {
  const invention = await (await loadPipeline(undefined)).simulatedAnswers()
  return {
    data(id, night) {
      const person = invention.data(id, 0) as {
        nickname: string
        fans: number
        interactions: { type: string; count: number }[]
      }
      const fans = FANS[id]!(night)
      const name = id === RENAMED && night >= 5 && night < 9 ? '换了名字' : person.nickname
      const renamed = JSON.parse(JSON.stringify(person).replaceAll(person.nickname, name)) as typeof person
      const interactions = renamed.interactions.map((each) => (each.type === 'fans' ? { ...each, count: fans } : each))
      return { ...renamed, fans, interactions }
    },
  }
}

/** 02:00 in Shanghai on 1 to 14 March, which is 18:00 UTC on the day before. */
const at = (night: number): number => Date.UTC(2026, 1, 28, 18) + (night - 1) * 86_400_000

/** Fourteen nights with a rename, a ban, a failure, an outage and a failed night: made once for all tests. */
const folder = mkdtempSync(join(tmpdir(), 'creator-enrich-fortnight-'))
const data = join(folder, 'data')
const codes: number[] = []
let api: Simulator
beforeAll(async () => {
  api = await startSimulator({
    pipeline: await loadPipeline(undefined),
    invention: await scripted(),
    before: ({ id }) => {
      const { night } = api.settings
      if (night === 10) return { fault: 20 }
      if (night === 12) return { code: 500 }
      if (night === 3 && id === FAILING) return { code: 301 }
      if (night >= 6 && night <= 8 && id === BANNED) return { code: 201 }
      return undefined
    },
  })
})
for (const week of [1, 2]) beforeAll(() => nights(week * 7 - 6, week * 7))
afterAll(async () => {
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

async function nights(from: number, to: number): Promise<void> {
  const list = join(folder, 'creators.csv')
  for (let night = from; night <= to; night += 1) {
    api.change({ night })
    const ids = [STEADY, RENAMED, BANNED, FAILING, ...(night >= 4 ? [LATE] : [])]
    writeFileSync(list, `user_id\n${ids.join('\n')}\n`)
    const started = performance.now()
    // The outage lasts longer than --give-up of that night.
    const flags = ['--attempts', '1', '--max-failed', '25%', '--give-up', night === 10 ? '50ms' : '10m']
    codes.push(
      (await enrichAt(() => Math.floor(at(night) + performance.now() - started), list, data, api, ...flags)).code,
    )
  }
}

test('each night ends with its own exit code', () => {
  expect(codes).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 3, 0, 0])
})

test('growth equals a table that was calculated by hand', async () => {
  const growth = await published(
    data,
    `SELECT user_id, strftime(observed_day, '%d') AS day, fans, days_since_previous AS days, fans_change AS change, fans_change_1d AS change_1d
     FROM creator_growth_daily ORDER BY user_id, observed_day`,
  )
  const table = (id: string) =>
    growth
      .filter(({ user_id }) => user_id === id)
      .map(({ day, fans, days, change, change_1d }) => [day, fans, days, change, change_1d].map(String).join(' '))
  expect(table(STEADY)).toEqual([
    '01 1010 null null null',
    '02 1020 1 10 10',
    '03 1030 1 10 10',
    '04 1040 1 10 10',
    '05 1050 1 10 10',
    '06 1060 1 10 10',
    '07 1070 1 10 10',
    '08 1080 1 10 10',
    '09 1090 1 10 10',
    '11 1110 2 20 null',
    '13 1130 2 20 null',
    '14 1140 1 10 10',
  ])
  expect(table(BANNED)).toEqual([
    '01 201 null null null',
    '02 204 1 3 3',
    '03 209 1 5 5',
    '04 216 1 7 7',
    '05 225 1 9 9',
    // Empty on the 6th and, confirmed, on the 7th and 8th: then fetched again after seven days.
  ])
  expect(table(FAILING).slice(0, 4)).toEqual([
    '01 49900 null null null',
    '02 49800 1 -100 -100',
    '04 49600 2 -200 null',
    '05 49500 1 -100 -100',
  ])
  expect(table(LATE)).toEqual([
    '04 14 null null null',
    ...['05 15', '06 16', '07 17', '08 18', '09 19'].map((day) => `${day} 1 1 1`),
    '11 21 2 2 null',
    '13 23 2 2 null',
    '14 24 1 1 1',
  ])
})

test('a renamed person has three versions; a ban and failures make none', async () => {
  const versions = await published(
    data,
    `SELECT user_id, strftime(valid_from AT TIME ZONE 'UTC', '%d %H') AS since, strftime(valid_to AT TIME ZONE 'UTC', '%d %H') AS until, changed_columns
     FROM creator_versions ORDER BY user_id, valid_from`,
  )
  const whole = (user_id: string, since: string) => ({ user_id, since, until: null, changed_columns: null })
  const name = '["nickname"]'
  expect(versions).toEqual([
    whole(STEADY, '28 18'),
    { user_id: RENAMED, since: '28 18', until: '04 18', changed_columns: null },
    { user_id: RENAMED, since: '04 18', until: '08 18', changed_columns: name },
    { user_id: RENAMED, since: '08 18', until: null, changed_columns: name },
    whole(BANNED, '28 18'),
    whole(FAILING, '28 18'),
    whole(LATE, '03 18'),
  ])
  const changes = await published(
    data,
    'SELECT user_id, column_name, old_value, new_value FROM creator_changes ORDER BY changed_at',
  )
  const old = (changes[0] as { old_value: string }).old_value
  expect(changes).toEqual([
    { user_id: RENAMED, column_name: 'nickname', old_value: old, new_value: '换了名字' },
    { user_id: RENAMED, column_name: 'nickname', old_value: '换了名字', new_value: old },
  ])
})

test('lifecycle and change over a week, as of the last night; failures by code', async () => {
  expect(
    await published(
      data,
      `SELECT user_id, status, strftime(first_seen_at, '%d') AS first, strftime(last_fetched_at, '%d') AS last, fans_change_1d, fans_change_7d
       FROM creator_overview ORDER BY user_id`,
    ),
  ).toEqual([
    { user_id: STEADY, status: 'active', first: '28', last: '13', fans_change_1d: 10, fans_change_7d: 70 },
    { user_id: RENAMED, status: 'active', first: '28', last: '13', fans_change_1d: 0, fans_change_7d: 0 },
    // The profile of the 5th stays. It was first seen on the 1st, so nothing is known of a week before.
    { user_id: BANNED, status: 'empty', first: '28', last: '04', fans_change_1d: 9, fans_change_7d: null },
    { user_id: FAILING, status: 'active', first: '28', last: '13', fans_change_1d: -100, fans_change_7d: -700 },
    { user_id: LATE, status: 'active', first: '03', last: '13', fans_change_1d: 1, fans_change_7d: 7 },
  ])
  const failures = `SELECT code, count(*) AS n FROM failures WHERE code IN ('301', '500') GROUP BY code ORDER BY code`
  expect(await published(data, failures)).toEqual([
    { code: '301', n: 1 },
    // The confirmed empty one was not fetched on that night.
    { code: '500', n: 4 },
  ])
})

test('a replay rebuilds all of it', async () => {
  const settings = resolveSettings(replayCommand.options, { data, check: true }, [])
  const report = await replay(
    settings,
    await loadPipeline(undefined),
    liveEffects(() => undefined),
  )
  expect(report).toMatchObject({ exit_code: 0, runs: 14, differences: [] })
})
