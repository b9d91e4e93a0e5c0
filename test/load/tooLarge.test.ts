import { expect, test } from 'vitest'
import { loadSegments } from '../../src/load/loadCalls.js'
import { opened } from './opened.js'
import { reader, source } from './people.js'

const LARGE = 48_000_000
const MEMORY_MB = 60

test('an answer that does not fit into memory is one failed id, and the others load; with more memory it loads, too', async () => {
  const { warehouse, rows } = await opened()
  await warehouse.connection.run(`SET memory_limit = '${MEMORY_MB}MB'`)
  const calls = source('r1', [
    { id: 'u1', at: 1, answer: { name: 'a', fans: 1 } },
    { id: 'u2', at: 2, answer: { name: 'b', bio: 'x'.repeat(LARGE) } },
    { id: 'u3', at: 3, answer: { name: 'c', fans: 3 } },
  ])
  const creators =
    'SELECT user_id, status, strlen(bio) AS bio, last_attempt_code AS code FROM creators ORDER BY user_id'
  const small = await loadSegments(warehouse, [calls], reader)
  expect(small).toMatchObject({ answers: 3, profiles: 2, tooLarge: 1 })
  expect(await rows(creators)).toEqual([
    { user_id: 'u1', status: 'active', bio: null, code: '0' },
    { user_id: 'u2', status: 'never_fetched', bio: null, code: 'too_large_to_load' },
    { user_id: 'u3', status: 'active', bio: null, code: '0' },
  ])
  expect(await rows('SELECT user_id, code, billed FROM failures')).toEqual([
    { user_id: 'u2', code: 'too_large_to_load', billed: 'yes' },
  ])
  expect(await rows('SELECT user_id, kind FROM anomalies')).toEqual([{ user_id: 'u2', kind: 'too_large_to_load' }])

  const fresh = await opened()
  expect(await loadSegments(fresh.warehouse, [calls], reader)).toMatchObject({ profiles: 3, tooLarge: 0 })
  expect(await fresh.rows('SELECT count(*) AS n FROM failures')).toEqual([{ n: 0 }])
}, 120_000)
