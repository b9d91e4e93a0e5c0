import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/core/time.js'
import { contents, opened } from './opened.js'
import { DAY0, source, type Person, type PersonAnswer } from './people.js'

const ids = ['u1', 'u2', 'u3']

function person(id: string, night: number): Person {
  return {
    name: id === 'u2' && night === 2 ? 'new name' : `name of ${id}`,
    bio: '',
    level: 3,
    tags: [
      { name: 'red', icon: `https://icons/${night}` },
      { name: 'blue', icon: 'https://icons/b' },
    ],
    fans: 100 + night,
    liked: 7 * night,
    url: `https://links/${id}/${night}`,
  }
}

function night(n: number): PersonAnswer[] {
  return ids.map((id, at) => ({ id, at: n * DAY_MS + at, answer: person(id, n) }))
}

const nights = [0, 1, 2].map((n) => source(`2026112${n}T000000Z-0000`, night(n)))

test('three nights with growing counters and one rename', async () => {
  const { load, rows } = await opened()
  expect(await load(nights[0]!)).toMatchObject({ calls: 3, answers: 3, profiles: 3, newProfiles: 3, newCreators: 3 })
  expect(await load(nights[1]!)).toMatchObject({ newProfiles: 3, newCreators: 0, changedCreators: 0 })
  expect(await load(nights[2]!)).toMatchObject({ newProfiles: 3, newCreators: 0, changedCreators: 1 })

  expect(
    await rows(`SELECT user_id, count(*) AS n, max(fans) - min(fans) AS grown, count(DISTINCT run_id) AS runs
                FROM creator_counters GROUP BY ALL ORDER BY ALL`),
  ).toEqual(ids.map((user_id) => ({ user_id, n: 3, grown: 2, runs: 3 })))

  expect(
    await rows(`SELECT user_id, name, bio, tags, valid_from, valid_to, is_current, changed_columns
                FROM creator_versions WHERE user_id < 'u3' ORDER BY user_id, valid_from`),
  ).toEqual([
    {
      user_id: 'u1',
      name: 'name of u1',
      bio: null,
      tags: '["blue","red"]',
      valid_from: DAY0,
      valid_to: null,
      is_current: true,
      changed_columns: null,
    },
    {
      user_id: 'u2',
      name: 'name of u2',
      bio: null,
      tags: '["blue","red"]',
      valid_from: DAY0 + 1,
      valid_to: DAY0 + 2 * DAY_MS + 1,
      is_current: false,
      changed_columns: null,
    },
    {
      user_id: 'u2',
      name: 'new name',
      bio: null,
      tags: '["blue","red"]',
      valid_from: DAY0 + 2 * DAY_MS + 1,
      valid_to: null,
      is_current: true,
      changed_columns: '["name"]',
    },
  ])
  expect(await rows('SELECT * FROM creator_changes')).toEqual([
    {
      user_id: 'u2',
      changed_at: DAY0 + 2 * DAY_MS + 1,
      column_name: 'name',
      old_value: 'name of u2',
      new_value: 'new name',
    },
  ])

  expect(await rows(`SELECT * FROM creators WHERE user_id = 'u2'`)).toEqual([
    {
      user_id: 'u2',
      name: 'new name',
      bio: '',
      level: 3,
      verified: false,
      tags: JSON.stringify(person('u2', 2).tags),
      fans: 102,
      liked: 14,
      link: 'https://links/u2/2',
      likes_per_fan: 14 / 102,
      status: 'active',
      first_seen_at: DAY0 + 1,
      last_fetched_at: DAY0 + 2 * DAY_MS + 1,
      last_changed_at: DAY0 + 2 * DAY_MS + 1,
      last_conclusive_at: DAY0 + 2 * DAY_MS + 1,
      run_id: '20261122T000000Z-0000',
      last_attempt_at: DAY0 + 2 * DAY_MS + 1,
      last_attempt_outcome: 'profile',
      last_attempt_code: '0',
      last_attempt_run_id: '20261122T000000Z-0000',
      extra: null,
    },
  ])
  expect(await rows(`SELECT * FROM person_tags WHERE user_id = 'u3' ORDER BY position`)).toEqual([
    { user_id: 'u3', position: 0, name: 'red', icon: 'https://icons/2' },
    { user_id: 'u3', position: 1, name: 'blue', icon: 'https://icons/b' },
  ])
})

test('the same segment loaded again, alone or with others, changes nothing', async () => {
  const one = await opened()
  const awkward: PersonAnswer[] = [
    { id: 'u1', at: 10, answer: { name: 'a', drift: [drift], anomalies: [anomaly] } },
    { id: 'u2', at: 11, answer: 'timeout' },
    { id: 'u2', at: 13, answer: { name: 'b', drift: [drift], extra: '{"x":1}' } },
    { id: 'u3', at: 14, answer: 'other' },
    { id: 'u4', at: 15, answer: '201' },
    { id: 'u5', at: 16, answer: '400' },
    { id: 'u6', at: 17, answer: 'unknown' },
    { id: 'u7', at: 18, answer: '301' },
  ]
  const segment = source('r1', awkward)
  const summary = await one.load(segment)
  expect(summary).toMatchObject({ calls: 8, answers: 6, profiles: 2, unknown: 1, newProfiles: 2, newCreators: 2 })
  const before = await contents(one)
  expect(before['schema_drift']).toMatchObject([{ path: 'x', answers: 2, example_user_id: 'u1' }])
  expect(before['anomalies']).toHaveLength(2)

  expect(await one.load(segment)).toMatchObject({ newProfiles: 0, newCreators: 0, changedCreators: 0 })
  expect(await contents(one)).toEqual(before)

  const other = await opened()
  await other.load(segment, source('r0', []), segment)
  const twice = await contents(other)
  expect({ ...twice, runs: twice['runs']!.slice(1) }).toEqual(before)
})

const drift = { path: 'x', kind: 'unknown_key', expected: null, found: 'number' } as const
const anomaly = { kind: 'odd', column: 'fans', detail: '1 and 2' }
