import { expect, test } from 'vitest'
import { LocalError } from '../../src/core/errors.js'
import { DAY_MS } from '../../src/core/time.js'
import { loadSegments } from '../../src/load/loadCalls.js'
import type { AnswerSource } from '../../src/load/stage.js'
import { asLocalError } from '../../src/load/warehouse.js'
import type { Flattened } from '../../src/model/pipeline.js'
import { checkKeys } from '../../src/publish/checkKeys.js'
import { contents, opened } from './opened.js'
import { callOf, people, reader, source, type Person, type PersonAnswer } from './people.js'

/** Many profiles, made while they are read. */
function crowd(runId: string, size: number, person: (n: number) => Person, day: number): AnswerSource {
  const { header } = source(runId, [])
  return {
    header,
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface is async because a journal reads from disk
    async *calls() {
      for (let n = 0; n < size; n += 500) {
        yield Array.from({ length: Math.min(500, size - n) }, (_, at) => {
          const said: PersonAnswer = {
            id: `u${String(n + at).padStart(6, '0')}`,
            at: day * DAY_MS + n + at,
            answer: person(n + at),
          }
          return callOf(n + at + 1, said)
        })
      }
    },
  }
}

test('of more profiles than one slice, each has its row, and each creator changes', async () => {
  const { load, rows, warehouse } = await opened()
  const size = 20_500
  const night = (day: number) => (n: number) => ({ name: `${n} on ${day}`, bio: 'b', fans: n, level: n % 9 })
  const early = crowd('r0', size, night(0), 0)
  const late = crowd('r1', size, night(1), 1)
  expect(await load(late)).toMatchObject({ newProfiles: size, newCreators: size, changedCreators: 0 })
  expect(await load(early)).toMatchObject({ newProfiles: size, newCreators: 0, changedCreators: size })
  await checkKeys(warehouse.connection, people)

  expect(
    await rows(`SELECT count(*) AS n, count(DISTINCT name) AS names, sum(fans)::BIGINT AS fans FROM creators
                WHERE name = user_id[2:]::BIGINT || ' on 1' AND bio = 'b' AND level = fans % 9`),
  ).toEqual([{ n: size, names: size, fans: (size * (size - 1)) / 2 }])
  expect(
    await rows(`SELECT count(*) AS n, count(*) FILTER (is_current) AS current, count(*) FILTER (
                  name = user_id[2:]::BIGINT || ' on ' || date_diff('day', DATE '2026-11-22', valid_from::DATE)
                ) AS named
                FROM creator_versions`),
  ).toEqual([{ n: 2 * size, current: size, named: 2 * size }])
  expect(
    await rows(`SELECT count(*) AS n FROM creator_changes
                WHERE column_name = 'name' AND old_value[-1]::BIGINT = new_value[-1]::BIGINT - 1`),
  ).toEqual([{ n: size }])
})

test('every cell is stored unchanged, whatever its content', async () => {
  const { warehouse, rows } = await opened()
  const texts = [
    '',
    '"\\',
    "';--",
    'a\0b',
    'line\nbreak\u2028',
    '中文 😀',
    '[null]',
    'null',
    '\\ud800',
    '\u001e',
    'x'.repeat(100_000),
  ]
  const flatten = (value: unknown, id: string): Flattened => {
    const flattened = reader.flatten(value, id)
    const values = [...flattened.values]
    values[6] = 9_223_372_036_854_775_807n
    values[7] = -9_223_372_036_854_775_808n
    values[9] = 5e-324
    return { ...flattened, values }
  }
  const said = texts.map((name, at): PersonAnswer => ({ id: `u${at}`, at, answer: { name, url: name, extra: name } }))
  await loadSegments(warehouse, [source('r1', said)], { ...reader, flatten })
  const found = await rows(
    `SELECT name, link, extra, fans::VARCHAR AS fans, liked::VARCHAR AS liked, likes_per_fan, level, verified
     FROM creators ORDER BY last_fetched_at`,
  )
  expect(found).toEqual(
    texts.map((text) => ({
      name: text,
      link: text,
      extra: text,
      fans: '9223372036854775807',
      liked: '-9223372036854775808',
      likes_per_fan: 5e-324,
      level: null,
      verified: null,
    })),
  )
  expect(await rows('SELECT name FROM creator_versions ORDER BY valid_from')).toEqual(
    texts.map((text) => ({ name: text === '' ? null : text })),
  )
  expect(await rows('SELECT min(fans)::VARCHAR AS fans FROM creator_counters')).toEqual([
    { fans: '9223372036854775807' },
  ])

  // A database cannot hold half of a surrogate pair as text.
  await loadSegments(warehouse, [source('r2', [{ id: 'half', at: 50, answer: { name: 'a\ud800b' } }])], reader)
  expect(await rows(`SELECT name FROM creators WHERE user_id = 'half'`)).toEqual([{ name: 'a\ufffdb' }])
})

test('a load that fails changes nothing, and the next load has the full result', async () => {
  const working = await opened()
  await working.load(source('r1', [{ id: 'u1', at: 1, answer: { name: 'a', fans: 1 } }]))
  const before = await contents(working)
  const later = source('r2', [
    { id: 'u1', at: 10, answer: { name: 'b', fans: 2 } },
    { id: 'u2', at: 11, answer: 'timeout' },
  ])
  const broken = (value: unknown, id: string): Flattened => {
    const flattened = reader.flatten(value, id)
    return { ...flattened, values: flattened.values.map((cell, at) => (at === 3 ? 'no number' : cell)) }
  }
  await expect(loadSegments(working.warehouse, [later], { ...reader, flatten: broken })).rejects.toThrow('no number')
  expect(await contents(working)).toEqual(before)

  await working.load(later)
  expect(await working.rows('SELECT name, last_attempt_run_id AS run FROM creators ORDER BY user_id')).toEqual([
    { name: 'b', run: 'r2' },
    { name: null, run: 'r2' },
  ])
})

test('the error for a full disk or too little memory says so, with the file', () => {
  const full = asLocalError(
    new Error('IO Error: Could not write file "x": No space left on device'),
    '/d/warehouse.duckdb',
  )
  expect(full).toBeInstanceOf(LocalError)
  expect((full as Error).message).toBe(
    'cannot write /d/warehouse.duckdb: IO Error: Could not write file "x": No space left on device; free some space, then run the same command again: every paid answer is in the journal and is loaded first',
  )
  const memory = asLocalError(new Error('Out of Memory Error: could not allocate\n\nPossible solutions'), '/d/w')
  expect((memory as Error).message).toContain('/d/w: Out of Memory Error: could not allocate; give it more memory')
  expect(asLocalError(new Error('FATAL Error: database has been invalidated'), '/d/w')).toBeInstanceOf(LocalError)
  const bug = new Error('Binder Error: no such column')
  expect(asLocalError(bug, '/d/w')).toBe(bug)
})
