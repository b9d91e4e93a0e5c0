import { expect, test } from 'vitest'
import { all, openDatabase } from '../../src/core/duckdb.js'
import { judgeMissing } from '../../src/load/sql/missing.sql.js'
import { MISSING } from '../../src/model/missing.js'

type Call = readonly [id: string, outcome: string]

/** Why the run stopped: as known when its calls are loaded first, and from its receipt when they are loaded again. */
interface Ending {
  readonly staged?: string
  readonly receipt?: string
}

/** The outcomes that these calls of one run have after the judgement, in order. */
async function judged(calls: readonly Call[], { staged, receipt }: Ending = {}): Promise<string[]> {
  const database = await openDatabase(':memory:')
  const { connection } = database
  try {
    const rows = calls.map(([id, outcome], at) => `('r', ${at + 1}, '${id}', '${outcome}')`)
    await connection.run(
      `CREATE TEMP TABLE staged_calls AS FROM (VALUES ${rows.join(', ')}) AS calls(run_id, seq, user_id, outcome)`,
    )
    for (const [table, reason] of Object.entries({ staged_runs: staged, runs: receipt }))
      await connection.run(`CREATE TEMP TABLE ${table} AS SELECT 'r' AS run_id, $1::VARCHAR AS stop_reason`, [
        reason ?? null,
      ])
    await connection.run(judgeMissing)
    const found = await all<{ outcome: string }>(connection, 'SELECT outcome FROM staged_calls ORDER BY seq')
    return found.map(({ outcome }) => outcome)
  } finally {
    await database.close()
  }
}

const gone = (id: string): Call[] => [
  [id, 'missing'],
  [id, 'missing'],
]
const found: Call = ['found', 'profile']

test('the second such call makes an id empty, if another id has a profile in the run', async () => {
  expect(await judged([...gone('a'), found])).toEqual(['retry', 'empty', 'profile'])
  expect(await judged([found, ...gone('a')])).toEqual(['profile', 'retry', 'empty'])
  expect(await judged([...gone('a'), ...gone('b')])).toEqual(['retry', 'retry', 'retry', 'retry'])
})

test('one call, or an end of another kind, is a failed attempt', async () => {
  expect(await judged([found, ['a', 'missing']])).toEqual(['profile', 'retry'])
  expect(await judged([found, ...gone('a'), ['a', 'ambiguous']])).toEqual(['profile', 'retry', 'retry', 'ambiguous'])
  expect(await judged([found, ['a', 'missing'], ['a', 'profile']])).toEqual(['profile', 'retry', 'profile'])
})

test('a throttled call between or after them changes nothing', async () => {
  const calls: Call[] = [found, ['a', 'missing'], ['a', 'throttled'], ['a', 'missing'], ['a', 'throttled']]
  expect(await judged(calls)).toEqual(['profile', 'retry', 'throttled', 'empty', 'throttled'])
})

test('too many missing ids between two profiles mean that the API did not work', async () => {
  const ids = (count: number) => Array.from({ length: count }, (_, at) => `id${at}`)
  const ends = async (count: number) =>
    (await judged([found, ...ids(count).flatMap(gone), found])).filter((outcome) => outcome === 'empty').length
  expect(await ends(MISSING.inARow)).toBe(MISSING.inARow)
  expect(await ends(MISSING.inARow + 1)).toBe(0)
})

test('ids with one missing call count, too: in an outage only some of them reach the second', async () => {
  const once = Array.from({ length: MISSING.inARow }, (_, at): Call => [`once${at}`, 'missing'])
  expect((await judged([found, ...once.slice(1), ...gone('a')])).at(-1)).toBe('empty')
  expect((await judged([found, ...once, ...gone('a')])).at(-1)).toBe('retry')
})

test('while ids that seemed missing give profiles, nobody is missing; long before and after it, some are', async () => {
  const good = (name: string, count: number) =>
    Array.from({ length: count }, (_, at): Call => [`${name}${at}`, 'profile'])
  const outage = Array.from({ length: 40 }, (_, at): Call[] => [
    [`x${at}`, 'missing'],
    [`x${at}`, at % 2 ? 'missing' : 'profile'],
  ]).flat()
  const calls = [...gone('a'), ...good('b', MISSING.near), ...outage, ...good('c', MISSING.near), ...gone('d')]
  const ends = await judged(calls)
  expect(calls.filter((_, at) => ends[at] === 'empty').map(([id]) => id)).toEqual(['a', 'd'])
  // One in twenty is what any API does now and then.
  const flicker: Call[] = [['e', 'missing'], ...good('f', 20), ['e', 'profile']]
  expect((await judged([...flicker, ...gone('a')])).at(-1)).toBe('empty')
})

test('a run that ended because the API was down makes no id empty, also when its calls are loaded again', async () => {
  const calls = [...gone('a'), found, ...gone('b')]
  const failed = ['retry', 'retry', 'profile', 'retry', 'retry']
  expect(await judged(calls, { staged: 'unreachable' })).toEqual(failed)
  expect(await judged(calls, { receipt: 'unreachable' })).toEqual(failed)
  const settled = ['retry', 'empty', 'profile', 'retry', 'empty']
  expect(await judged(calls, { staged: 'signal', receipt: 'quota' })).toEqual(settled)
})
