import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.js'
import { writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, simulator } from '../support/simulated.js'

interface Case {
  /** The end of the id: a marker for the simulator, and a number that keeps ids apart. */
  readonly mark: string
  readonly status: 'enriched' | 'empty' | 'failed' | 'rejected'
  readonly reason?: string
  /** Calls of the first run, with two attempts. */
  readonly calls: number
  readonly charged: number
  /** Whether the next run fetches the id again, although every profile is fresh. */
  readonly again?: boolean
}

const enriched = (mark: string, calls = 1, charged = 1): Case => ({ mark, status: 'enriched', calls, charged })
const empty = (mark: string, charged = 1): Case => ({ mark, status: 'empty', calls: 1, charged })
const failed = (mark: string, reason: string, calls: number, charged: number, again = false): Case => {
  return { mark, status: 'failed', reason, calls, charged, again }
}

/** The shapes of a profile that the simulator gives. */
const SHAPES = '05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 22 23 25 27 28 29 30'.split(' ')

/** Every shape of a profile, with these faults spread among them: faults in a row would open the breaker for half a minute. */
function amongProfiles(faults: readonly Case[]): Case[] {
  const profiles = SHAPES.map((shape) => enriched(`5eed${shape}`))
  const each = Math.floor(profiles.length / faults.length)
  return profiles.flatMap((profile, at) => {
    const fault = at % each === 0 ? faults[at / each] : undefined
    return fault === undefined ? [profile] : [fault, profile]
  })
}

/** One id for each code, and for each shape and oddity of an answer. */
const cases: readonly Case[] = [
  enriched('0a01'),
  { mark: 'c0de0400', status: 'rejected', reason: 'invalid', calls: 1, charged: 0 },
  failed('c0de0101', '101', 1, 0),
  empty('c0de0201'),
  failed('c0de0202', '202', 1, 0),
  failed('c0de0300', '300', 1, 0),
  failed('c0de0301', '301', 2, 0, true),
  enriched('c0de1301', 2),
  enriched('c0de1302', 2),
  failed('c0de0500', '500', 2, 0, true),
  enriched('c0de1500', 2),
  failed('c0de0503', '503', 2, 0, true),
  enriched('c0de1503', 2),
  failed('c0de0777', '777', 1, 0),
  // The same codes with the HTTP status that agrees, and codes with a status that contradicts.
  enriched('fa171080', 2),
  enriched('fa171081', 2),
  enriched('fa171082', 2),
  { mark: 'fa170083', status: 'rejected', reason: 'invalid', calls: 1, charged: 0 },
  enriched('fa170053'),
  enriched('fa170050'),
  // Paid, but without a profile of this id.
  empty('fa170060'),
  empty('fa170061'),
  failed('fa170063', 'unreadable', 1, 1),
  failed('fa170064', 'unreadable', 1, 1),
  failed('fa170062', 'misdelivered', 1, 1),
  ...['01', '02'].map((shape) => empty(`5eed${shape}`)),
  ...['03', '24', '26'].map((shape) => failed(`5eed${shape}`, 'unreadable', 1, 1)),
  failed('5eed04', 'misdelivered', 1, 1),
  // Gateways, and answers that were damaged on the way: tried again, after a possible charge only once.
  ...amongProfiles([
    enriched('fa171020', 2),
    enriched('fa171021', 2),
    enriched('fa171022', 2),
    enriched('fa171024', 2),
    enriched('fa171001', 2, 2),
    enriched('fa171005', 2, 2),
    enriched('fa171008', 2, 2),
    failed('fa170001', 'ambiguous', 2, 2, true),
    failed('fa170006', 'ambiguous', 2, 2, true),
  ]),
  enriched('fa170030'),
  enriched('fa170041'),
  enriched('fa170066'),
  enriched('fa170067'),
  enriched('fa170069'),
]

test('one id for each code and shape ends as documented, is charged once, and is not fetched again before it is due', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const marked = cases.map((each, at) => ({
    ...each,
    id: `5f${String(at).padStart(4, '0')}${'0'.repeat(18 - each.mark.length)}${each.mark}`,
  }))
  const list = writeList(
    folder,
    marked.map(({ id }) => id),
  )
  const api = await simulator()
  const args = ['--attempts', '2', '--max-failed', '100%']

  const { code, receipt } = await enrich(list, data, api, ...args)
  expect(code).toBe(0)
  const rows = await published<{ user_id: string; status: string; reason: string | null }>(
    data,
    'SELECT user_id, status, reason FROM list_members ORDER BY row_number',
  )
  const line = (user_id: string, status: string, reason?: string | null) =>
    `${user_id} ${status} ${reason ?? ''}`.trim()
  expect(rows.map(({ user_id, status, reason }) => line(user_id, status, reason))).toEqual(
    marked.map(({ id, status, reason }) => line(id, status, reason)),
  )
  const calls = new Map<string, number>()
  for (const { id } of api.ledger.entries) calls.set(id, (calls.get(id) ?? 0) + 1)
  expect(Object.fromEntries(calls)).toEqual(Object.fromEntries(marked.map(({ id, calls: n }) => [id, n])))
  const charges = api.ledger.chargesById()
  expect(marked.map(({ id }) => [id, charges.get(id) ?? 0])).toEqual(marked.map(({ id, charged }) => [id, charged]))
  expect(receipt.calls.sent).toBe(api.ledger.summary().calls)

  // Every id that was charged more than once is listed.
  const listed = await published<{ user_id: string }>(data, 'SELECT DISTINCT user_id FROM ambiguous_calls')
  const paidTwice = [...charges].filter(([, n]) => n > 1).map(([id]) => id)
  expect(paidTwice.filter((id) => !listed.some(({ user_id }) => user_id === id))).toEqual([])

  // Only profiles make history.
  const profiles = marked.filter(({ status }) => status === 'enriched').length
  expect(await published(data, 'SELECT count(*) AS n FROM creator_versions')).toEqual([{ n: profiles }])
  expect(await published(data, 'SELECT count(*) AS n FROM creator_counters')).toEqual([{ n: profiles }])

  api.ledger.clear()
  const second = await enrich(list, data, api, ...args)
  // Every id that is fetched again fails again.
  expect(second.code).toBe(3)
  const fetched = new Set(api.ledger.entries.map(({ id }) => id))
  expect([...fetched].sort()).toEqual(
    marked
      .filter(({ again }) => again)
      .map(({ id }) => id)
      .sort(),
  )
  expect(second.receipt.ids).toMatchObject({ reused: profiles, enriched: 0 })
})
