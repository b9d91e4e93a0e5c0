import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/core/time.js'
import { opened, type Opened } from './opened.js'
import { DAY0, source, type Person, type PersonAnswer } from './people.js'

/** Few names and tags, so that a creator often returns to an earlier state. */
const person = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', ''),
    level: fc.constantFrom(1, 9),
    tags: fc.constantFrom(
      [],
      [{ name: 'x', icon: '1' }],
      [
        { name: 'x', icon: '2' },
        { name: 'y', icon: '3' },
      ],
    ),
    fans: fc.integer({ min: -1, max: 9 }),
    liked: fc.nat(9),
    anomalies: fc.constantFrom([], [{ kind: 'odd', column: null, detail: 'd' }]),
  })
  .map(({ fans, ...others }): Person => (fans < 0 ? others : { ...others, fans }))

const PROFILE = { weight: 6, arbitrary: person }
const CODES = [
  '201',
  '201',
  '201',
  '201',
  '201',
  '201',
  '400',
  '777',
  '301',
  '302',
  '601',
  'other',
  'timeout',
  'unknown',
]

const said = fc.record<Omit<PersonAnswer, 'at'>>({
  id: fc.integer({ min: 10, max: 26 }).map(String),
  answer: fc.oneof(PROFILE, { weight: 3, arbitrary: fc.constantFrom(...CODES) }),
})

/** Answers in the order of time, each of its own run, and the loads that they come in: any order, some of them twice. */
const scenario = fc.array(said, { minLength: 100, maxLength: 160 }).chain((answers) => {
  const places = answers.map((_, at) => at)
  return fc.record({
    answers: fc.constant(answers),
    order: fc.shuffledSubarray(places, { minLength: places.length }),
    loads: fc.integer({ min: 1, max: 5 }),
    again: fc.subarray(places, { maxLength: 9 }),
    drifting: fc.subarray(places),
  })
})

/** From a few on one day to one after a month: the days of 160 answers. */
const HOURS_BETWEEN = 7
const atOf = (place: number): number => place * HOURS_BETWEEN * 3_600_000

const TABLES: Record<string, string> = {
  creators: '*',
  person_tags: '*',
  creator_counters: '*',
  creator_days: '*',
  creator_recent: '*',
  creator_versions: '*',
  creator_changes: '*',
  anomalies: '*',
  failures: '*',
  answers_without_profile: '*',
  ambiguous_calls: '*',
}
const OTHER_TABLES: Record<string, string> = { schema_drift: 'example_user_id', runs: 'run_id', run_codes: 'run_id' }

/** Rows as text, without the prefix of their way of loading. */
async function rowsOf({ rows }: Opened, mark: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  const read = async (table: string, columns: string, by: string) => {
    const some = await rows(`SELECT ${columns} FROM ${table} WHERE ${by} LIKE '%${mark}%' ORDER BY ALL`)
    found[table] = some.map((row) => JSON.stringify(row).replaceAll(mark, ''))
  }
  for (const [table, columns] of Object.entries(TABLES)) await read(table, columns, 'user_id')
  for (const [table, by] of Object.entries(OTHER_TABLES)) await read(table, '*', by)
  return found
}

type Answers = readonly Omit<PersonAnswer, 'at'>[]

const dayOf = (place: number): string => new Date(DAY0 + atOf(place) + 8 * 3_600_000).toISOString().slice(0, 10)
const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY_MS

/** The expected history of one creator, worked out answer by answer. */
function modelOf(answers: Answers, id: string) {
  let status = 'never_fetched'
  let hadProfile = false
  let empties = 0
  let unconfirmed = 0
  let versions = 0
  let attributes = ''
  const days = new Map<string, number | null>()
  answers.forEach(({ id: each, answer }, place) => {
    if (each !== id) return
    if (typeof answer === 'string') {
      if (answer === '400') [status, empties] = ['invalid', 0]
      if (answer !== '201') return
      empties += 1
      // Each answer is of another run.
      if (!hadProfile || empties > 1) status = 'empty'
      else unconfirmed += 1
      return
    }
    status = 'active'
    hadProfile = true
    empties = 0
    const now = JSON.stringify([answer.name, answer.level, answer.tags?.map(({ name }) => name)])
    if (now !== attributes) versions += 1
    attributes = now
    days.set(dayOf(place), answer.fans ?? null)
  })
  const list = [...days].map(([day, fans], at, all) => {
    const [before, then] = all[at - 1] ?? [null, null]
    return { day, before, fans, change: fans === null || then === null ? null : fans - then }
  })
  const last = list.at(-1)
  const since = (days: number, slack: number): number | null => {
    const then = list.findLast(({ day }) => daysBetween(day, last!.day) >= days)
    if (!then || daysBetween(then.day, last!.day) > days + slack) return null
    return last!.fans === null || then.fans === null ? null : last!.fans - then.fans
  }
  return {
    status,
    unconfirmed,
    versions,
    days: list,
    recent: last ? [since(1, 0), since(7, 2), since(30, 7)] : undefined,
  }
}

test('any order, any split and any repetition of the same answers give the same tables', async () => {
  const warehouse = await opened()
  const { rows } = warehouse
  let cases = 0
  const seen = { versions: 0, days: 0, months: 0, empty: 0 }
  await fc.assert(
    fc.asyncProperty(scenario, async ({ answers, order, loads, again, drifting }) => {
      cases += 1
      const [straight, shuffled] = [`straight${cases}.`, `shuffled${cases}.`]
      const one = (mark: string, place: number) => {
        const { id, answer } = answers[place]!
        const drift = drifting.includes(place)
          ? [{ path: `${mark}key`, kind: 'unknown_key' as const, expected: null, found: 'text' }]
          : []
        const withDrift = typeof answer === 'string' ? answer : { ...answer, drift }
        return source(`${String(place).padStart(3, '0')}${mark}`, [
          { id: `${mark}${id}`, at: atOf(place), answer: withDrift },
        ])
      }
      await warehouse.load(...answers.map((_, place) => one(straight, place)))
      const size = Math.ceil(order.length / loads)
      for (let at = 0; at < order.length; at += size) {
        await warehouse.load(...order.slice(at, at + size).map((place) => one(shuffled, place)))
      }
      if (again.length > 0) await warehouse.load(...again.map((place) => one(shuffled, place)))
      const expected = await rowsOf(warehouse, straight)
      expect(await rowsOf(warehouse, shuffled)).toEqual(expected)

      for (const id of new Set(answers.map((answer) => answer.id))) {
        const model = modelOf(answers, id)
        const of = `WHERE user_id = '${shuffled}${id}'`
        const [found] = await rows(`
          SELECT status, (SELECT count(*) FROM creator_versions ${of}) AS versions,
            (SELECT count(*) FROM anomalies ${of} AND kind = 'unconfirmed_empty') AS unconfirmed FROM creators ${of}`)
        expect(found).toEqual({ status: model.status, versions: model.versions, unconfirmed: model.unconfirmed })
        expect(
          await rows(`
            SELECT observed_day AS day, previous_day AS before, fans, fans_change AS change FROM creator_days ${of} ORDER BY 1`),
        ).toEqual(model.days)
        const [recent] = await rows(`SELECT fans_change_1d, fans_change_7d, fans_change_30d FROM creator_recent ${of}`)
        expect(recent && Object.values(recent)).toEqual(model.recent)
        seen.versions += model.versions
        seen.days += model.days.length
        seen.months += (model.recent ?? []).filter((change) => change !== null).length
        if (model.status === 'empty') seen.empty += 1
      }
    }),
    { numRuns: 6, seed: 20261122, endOnFailure: true },
  )
  expect(seen.versions).toBeGreaterThan(100)
  expect(seen.days).toBeGreaterThan(150)
  expect(seen.months).toBeGreaterThan(20)
  expect(seen.empty).toBeGreaterThan(3)
})
