import fc from 'fast-check'
import { expect, test } from 'vitest'
import { opened, type Opened } from './opened.js'
import { source, type Person, type Said } from './people.js'

/** Few names and tags, so that a creator often goes back to how they were. */
const person = fc.record<Person>({
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
  fans: fc.nat(9),
  anomalies: fc.constantFrom([], [{ kind: 'odd', column: null, detail: 'd' }]),
})

const said = fc.record<Omit<Said, 'at'>>({
  id: fc.integer({ min: 10, max: 34 }).map(String),
  answer: fc.oneof(
    { weight: 6, arbitrary: person },
    { weight: 3, arbitrary: fc.constantFrom('201', '400', '777', '301', '302', '601', 'other', 'timeout', 'unknown') },
  ),
})

/** Answers in the order of time, each of a run of its own, and the loads they come in: any order, some of them twice. */
const scenario = fc.array(said, { minLength: 100, maxLength: 160 }).chain((answers) => {
  const places = answers.map((_, at) => at)
  return fc.record({
    answers: fc.constant(answers),
    order: fc.shuffledSubarray(places, { minLength: places.length }),
    loads: fc.integer({ min: 1, max: 5 }),
    again: fc.subarray(places, { maxLength: 9 }),
  })
})

const TABLES: Record<string, string> = {
  creators: '*',
  person_tags: '*',
  creator_counters: '*',
  creator_versions: '*',
  creator_changes: '*',
  anomalies: '*',
  failures: '*',
  // An empty answer that was not the last one is not kept, so a call that is loaded after it may look settled later.
  ambiguous_calls: 'user_id, run_id, sent_at, reason, resolved_at IS NULL AS open',
}

/** Rows of the ids with a prefix, as text without it. */
async function rowsOf({ rows }: Opened, prefix: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const [table, columns] of Object.entries(TABLES)) {
    const some = await rows(`SELECT ${columns} FROM ${table} WHERE user_id LIKE '${prefix}%' ORDER BY ALL`)
    found[table] = some.map((row) => JSON.stringify(row).replaceAll(prefix, ''))
  }
  return found
}

test('any order, any split and any repetition of the same answers give the same tables', async () => {
  const warehouse = await opened()
  let cases = 0
  let versions = 0
  await fc.assert(
    fc.asyncProperty(scenario, async ({ answers, order, loads, again }) => {
      cases += 1
      const [straight, shuffled] = [`straight${cases}.`, `shuffled${cases}.`]
      const one = (prefix: string, at: number) => {
        const { id, answer } = answers[at]!
        const run = `${String(at).padStart(2, '0')}${prefix}`
        return source(run, [{ id: `${prefix}${id}`, at: at * 10, answer }])
      }
      await warehouse.load(...answers.map((_, at) => one(straight, at)))
      const size = Math.ceil(order.length / loads)
      for (let at = 0; at < order.length; at += size) {
        await warehouse.load(...order.slice(at, at + size).map((place) => one(shuffled, place)))
      }
      if (again.length > 0) await warehouse.load(...again.map((place) => one(shuffled, place)))
      const expected = await rowsOf(warehouse, straight)
      versions += expected['creator_versions']!.length
      expect(await rowsOf(warehouse, shuffled)).toEqual(expected)
    }),
    { numRuns: 4, seed: 20261122, endOnFailure: true },
  )
  expect(versions).toBeGreaterThan(200)
})
