import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { summary } from '../../src/commands/run/summary.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { closingOfReceipt } from '../../src/run/closingLine.js'
import type { Entry } from '../../src/simulator/ledger.js'
import type { Simulator } from '../../src/simulator/simulator.js'
import { agencyList, writeAgencyList } from '../support/agencyList.js'
import { commandHere } from '../support/commandHere.js'
import { placeEmptyWarehouse } from '../support/emptyWarehouse.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { replayHere } from '../support/replayHere.js'
import { enrich, refresh, refused, simulator, startRun } from '../support/simulated.js'

const MEMBERS = 'SELECT row_number, user_id, status, reason FROM list_members ORDER BY list, row_number'

/** What the simulator has charged, by endpoint and id. */
function charges({ ledger }: Simulator): Map<string, Entry[]> {
  const paid = new Map<string, Entry[]>()
  for (const entry of ledger.entries.filter(({ charged }) => charged)) {
    const key = `${entry.endpoint ?? 'profile'} ${entry.id}`
    paid.set(key, [...(paid.get(key) ?? []), entry])
  }
  return paid
}

function expectPaidOnce(api: Simulator): void {
  expect([...charges(api).values()].filter(({ length }) => length > 1)).toEqual([])
}

test('a list of 200 rows: each link and name is paid for once, its row has the id, and is free from then on', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const { rows } = await agencyList()
  const files = await writeAgencyList(folder)
  const first = await enrich(files.csv, data, api, '--resolve', '--track', '--max-failed', '100%')

  const stored = await published(data, MEMBERS)
  expect(stored.map(({ user_id, reason, status }) => (user_id ? { id: user_id } : { status, reason }))).toEqual(
    rows.map(({ expected }) => {
      if ('id' in expected) return { id: expected.id }
      if (!('kind' in expected)) return { status: 'rejected', reason: expected.reason }
      const { resolved } = expected
      if (resolved.kind === 'found') return { id: resolved.id }
      return { status: 'rejected', reason: resolved.kind === 'miss' ? resolved.reason : resolved.kind }
    }),
  )
  // A reject names what was looked for, in whatever column it is.
  expect(
    await published(data, "SELECT row_number FROM rejects WHERE trim(cell) = '' AND reason IN ('red_id', 'not_found')"),
  ).toEqual([])
  const asked = new Map(
    rows.flatMap(({ expected }) => ('kind' in expected ? [[expected.input, expected] as const] : [])),
  )
  const found = [...asked.values()].filter(({ resolved }) => resolved.kind === 'found').length
  expect(first.receipt.resolved).toMatchObject({
    inputs: asked.size,
    found,
    not_found: asked.size - found,
    failed: 0,
    parked: 0,
  })
  expectPaidOnce(api)
  expect(api.ledger.entries.filter(({ endpoint }) => endpoint !== null)).toHaveLength(asked.size)
  const { cost } = api.ledger.summary()
  expect(first.receipt.money.billed).toBeCloseTo(cost, 6)
  expect(await published(data, `SELECT input FROM resolved_ids WHERE (user_id IS NULL) = (reason IS NULL)`)).toEqual([])
  // Nobody whom nobody looked for is in what is kept.
  const users = await published(
    data,
    `SELECT input, red_id FROM (
       SELECT user_id AS input, unnest(json_extract_string(decode(body), '$.data.users[*].red_id')) AS red_id
       FROM read_parquet('${data}/raw/answers/*/*/*.parquet') WHERE endpoint = 'search-user'
     ) WHERE red_id <> input`,
  )
  expect(users).toEqual([])

  const { calls } = api.ledger.summary()
  const again = await enrich(files.xlsx, data, api, '--resolve', '--list', 'again')
  const night = await refresh(data, api, '--resolve')
  for (const { receipt } of [again, night]) expect(receipt.calls.sent).toBe(0)
  expect(api.ledger.summary().calls).toBe(calls)

  // Only who is asked to pays once more for those who led to nobody.
  const misses = await enrich(files.csv, data, api, '--resolve', 'misses')
  expect(misses.receipt).toMatchObject({
    calls: { sent: asked.size - found },
    resolved: { found: 0, not_found: asked.size - found },
  })

  // Who was found by a name is forgotten with that name.
  const person = rows.map(({ expected }) => expected).find((row) => 'input' in row && row.input.startsWith('kafei_'))
  if (!person || !('kind' in person) || person.resolved.kind !== 'found') throw new Error('the list has no such row')
  const { input, resolved } = person
  const erased = await commandHere(['forget', input, '--data', data])
  expect(erased.code, erased.stderr).toBe(0)
  // The id that will be erased is shown before anything is.
  expect(erased.stderr).toMatch(new RegExp(`^warning: argument 1, a 小红书号, stands for the id ${resolved.id}\n`))
  const left = await published(
    data,
    `SELECT input FROM resolved_ids WHERE input = '${input}' OR user_id = '${resolved.id}'
     UNION ALL SELECT input FROM list_members WHERE contains(input, '"${input}"') OR user_id = '${resolved.id}'
     UNION ALL SELECT user_id FROM read_parquet('${data}/raw/*/*/*/*.parquet', union_by_name = true) WHERE user_id IN ('${input}', '${resolved.id}')`,
  )
  expect(left).toEqual([])
  const forgotten = await enrich(files.csv, data, api, '--resolve', '--max-age', '30d')
  expect(forgotten.receipt).toMatchObject({ calls: { sent: 1 }, resolved: { inputs: 1, found: 0, not_found: 1 } })
  expect(await published(data, `SELECT user_id FROM creators WHERE user_id = '${resolved.id}'`)).toEqual([])
  expect(
    await published(
      data,
      `SELECT DISTINCT reason, remedy LIKE '%was forgotten%' AS told FROM rejects WHERE regexp_matches(cell, '(^|\\W)${input}($|\\W)')`,
    ),
  ).toEqual([{ reason: 'forgotten', told: true }])
  // Once the person is allowed again, the stored rows lead there, too.
  const allowed = await commandHere(['forget', '--allow', resolved.id, '--data', data])
  expect(allowed.code, allowed.stderr).toBe(0)
  await refresh(data, api, '--resolve', 'misses', '--max-age', '30d')
  expect(
    await published(data, `SELECT count(*) > 0 AS found FROM list_members WHERE user_id = '${resolved.id}'`),
  ).toEqual([{ found: true }])
  expect((await replayHere(data, { check: true })).differences).toEqual([])
})

const LINKS = Array.from({ length: 4 }, (_, n) => `https://xhslink.com/m/Caps${n}5eed09`)
const HANDLES = ['kafei_1', 'kafei_25eed06', 'kafei_35eed06'].map((handle) => `小红书号:${handle}`)
const CELLS = [...LINKS, ...HANDLES, plainId(1), plainId(2)]

test('caps count calls of every endpoint, each at its price, and the same command goes on', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, CELLS)
  for (const { flags, calls, parked } of [
    { flags: ['--max-calls', '2'], calls: 2, parked: 5 },
    { flags: ['--budget', '0.31'], calls: 4, parked: 3 },
    { flags: ['--budget-per-day', '0.75'], calls: 5, parked: 2 },
    // What is left for the profiles after the last two.
    { flags: ['--max-calls', '3'], calls: 8, parked: 0 },
  ]) {
    const capped = await enrich(list, data, api, '--resolve', '--concurrency', '2', ...flags)
    expect(capped).toMatchObject({
      code: 0,
      receipt: { stop: { reason: 'cap' }, resolved: { parked }, reconciled: true },
    })
    expect(api.ledger.summary()).toMatchObject({ calls, charged: calls })
    const unresolved = await published(data, `SELECT DISTINCT status, reason FROM list_members WHERE user_id IS NULL`)
    expect(unresolved).toEqual(parked === 0 ? [] : [{ status: 'parked', reason: 'cap' }])
  }
  const last = await enrich(list, data, api, '--resolve')
  expect(last.receipt.rows).toMatchObject({ parked: 0, rejected: 0 })
  expectPaidOnce(api)
  expect(api.ledger.summary()).toMatchObject({ charged: CELLS.length + LINKS.length + HANDLES.length })
})

test('the quota of an endpoint parks what is left, and the same command goes on', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator({ quota: 2 })
  const list = writeList(folder, CELLS)
  const first = await enrich(list, data, api, '--resolve', '--concurrency', '1')
  expect(first).toMatchObject({
    code: 5,
    receipt: { stop: { reason: 'quota', code: '303' }, resolved: { found: 2, parked: 5 } },
  })
  expect(first.receipt.rows).toMatchObject({ parked: CELLS.length })
  api.change({ quota: null })
  // Without the flag they are not asked for, and still to be resolved.
  const without = await enrich(list, data, api)
  expect(without.receipt.rows).toMatchObject({ enriched: 4, rejected: 0, parked: 5 })
  expect(without.receipt.reasons).toEqual([{ status: 'parked', reason: 'not_resolved', rows: 5, ids: 0 }])
  expect(summary(without.receipt, 'UTC')).toContain('\nto resolve 5 rows left over by an earlier run: add --resolve\n')
  const second = await enrich(list, data, api, '--resolve')
  expect(second).toMatchObject({ code: 0, receipt: { resolved: { inputs: 5, found: 5 } } })
  expectPaidOnce(api)
})

test('an input whose calls fail is a failed row, and is asked for again; a held one is not', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, ['小红书号:c0de0301x', '小红书号:fa170001x', '小红书号:x5eed07', plainId(1)])
  const first = await enrich(
    list,
    data,
    api,
    '--resolve',
    '--attempts',
    '2',
    '--on-ambiguous',
    'hold',
    '--max-failed',
    '5%,1',
  )
  expect(first).toMatchObject({ code: 3, receipt: { exit_reason: 'failed', resolved: { inputs: 3, failed: 3 } } })
  expect(await published(data, MEMBERS)).toMatchObject([
    { status: 'failed', reason: '301' },
    { status: 'failed', reason: 'ambiguous' },
    { status: 'failed', reason: 'unreadable' },
    { status: 'enriched' },
  ])
  // What failed is where the run says.
  expect(closingOfReceipt(first.receipt, []).message).toContain('next="see exports/<list>.enriched.csv; the next run')
  expect(summary(first.receipt, 'UTC')).toContain('see <list>.enriched.csv;\n')
  const rows = readFileSync(join(data, 'exports', 'creators.enriched.csv'), 'utf8').split('\n')
  expect(rows.find((row) => row.includes('c0de0301x'))).toContain('failed,301')

  // What is held is not a failure of this run, and does not count as due.
  const { calls } = api.ledger.summary()
  const again = writeList(folder, ['小红书号:x5eed07', '小红书号:fa170001x', plainId(2)], 'again.csv')
  const second = await enrich(again, data, api, '--resolve', '--on-ambiguous', 'hold')
  expect(second).toMatchObject({ code: 0, receipt: { asked_ids: 2, resolved: { inputs: 1, failed: 1, held: 1 } } })
  const held = writeList(folder, ['小红书号:fa170001x', plainId(2)], 'held.csv')
  const third = await enrich(held, data, api, '--on-ambiguous', 'hold')
  expect(third).toMatchObject({
    code: 0,
    receipt: { resolved: { inputs: 0, held: 1 }, rows: { reused: 1, failed: 1 } },
  })
  // A run that does not resolve does not change what failed.
  const plain = await enrich(list, data, api)
  expect(plain).toMatchObject({ code: 0, receipt: { calls: { sent: 0 }, rows: { reused: 1, failed: 3, parked: 0 } } })
  expect(await published(data, `SELECT reason FROM list_members WHERE list = 'creators' ORDER BY row_number`)).toEqual([
    { reason: '301' },
    { reason: 'ambiguous' },
    { reason: 'unreadable' },
    { reason: null },
  ])
  expect(api.ledger.entries.slice(calls).map(({ id }) => id)).toEqual(['x5eed07', plainId(2)])
  expect((await replayHere(data, { check: true })).differences).toEqual([])
})

test('an endpoint that does not work is given up alone, and the profiles are fetched', async () => {
  const handles = Array.from({ length: 6 }, (_, n) => `小红书号:kafei_${n}5eed`)
  const cells = [...handles, LINKS[0]!, plainId(1), plainId(2)]
  for (const { answer, reason, code, resolved } of [
    { answer: { code: 0, data: 'x' }, reason: 'unreachable', code: 6, resolved: { found: 1, failed: 6, parked: 0 } },
    { answer: { code: 600 }, reason: 'permission', code: 4, resolved: { found: 1, failed: 0, parked: 6 } },
    { answer: { code: 404 }, reason: 'route', code: 4, resolved: { found: 1, failed: 0, parked: 6 } },
  ]) {
    const folder = temporaryFolder()
    const data = join(folder, 'data')
    const api = await simulator({ before: ({ endpoint }) => (endpoint === 'search-user' ? answer : undefined) })
    // A cap, which is less grave, does not hide why inputs are parked.
    const cap = reason === 'route' ? ['--max-calls', '3'] : []
    const run = await enrich(writeList(folder, cells), data, api, '--resolve', '--concurrency', '1', ...cap)
    expect(run).toMatchObject({ code, receipt: { stop: { reason }, resolved, reconciled: true } })
    expect(run.receipt.stop!.message).toMatch(/^search-user: /)
    expect(run.receipt.rows).toMatchObject(
      reason === 'route' ? { enriched: 1 } : { enriched: 3, parked: resolved.parked },
    )
    expect(run.stderr.match(/search-user is given up/g)).toHaveLength(1)
    expect(await published(data, 'SELECT useless FROM runs')).toEqual([{ useless: false }])
  }
})

test('a run that is killed has paid for what it found', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator({ latencyMs: 100 })
  const list = writeList(folder, CELLS)
  await placeEmptyWarehouse(data, await loadPipeline(undefined))
  const killed = startRun([list], data, api, '--resolve', '--concurrency', '1')
  await vi.waitFor(() => expect(api.ledger.entries.some(({ endpoint }) => endpoint === null)).toBe(true), {
    timeout: 20_000,
  })
  killed.child.kill('SIGKILL')
  await killed.ended
  api.change({ latencyMs: 0 })
  // Without the flag: the answers are in the journal.
  const second = await enrich(list, data, api)
  expect(second.receipt.rows).toMatchObject({ rejected: 0, parked: 0 })
  const twice = [...charges(api)].filter(([, entries]) => entries.length > 1)
  expect(twice.filter(([key]) => !key.startsWith('profile'))).toEqual([])
  expect(twice.length).toBeLessThanOrEqual(1)
  expect((await replayHere(data, { check: true })).differences).toEqual([])
})

test.each([
  { signal: 'SIGINT', code: 130 },
  { signal: 'SIGKILL', code: 137 },
] as const)('$signal while ids are found: the same command goes on, and pays for no answer twice', async (stop) => {
  const isKilled = stop.signal === 'SIGKILL'
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  let arrived!: () => void
  const third = new Promise<void>((resolve) => (arrived = resolve))
  const api = await simulator({
    latencyMs: 300,
    before: ({ arrival }) => {
      if (arrival === 3) arrived()
      return undefined
    },
  })
  const list = writeList(folder, CELLS)
  await placeEmptyWarehouse(data, await loadPipeline(undefined))
  const stopped = startRun([list], data, api, '--resolve', '--concurrency', '1')
  await Promise.race([third, stopped.ended])
  stopped.child.kill(stop.signal)
  const { code, stderr } = await stopped.ended
  expect(code, stderr).toBe(stop.code)
  expect(api.ledger.summary()).toMatchObject({ calls: 3, charged: 3 })
  const inFlight = api.ledger.entries[2]!.id
  api.change({ latencyMs: 0 })

  // The call in flight has its answer after SIGINT. After SIGKILL it may have been billed, and is listed so.
  const second = await enrich(list, data, api, '--resolve', '--on-ambiguous', 'hold')
  const left = { inputs: LINKS.length + HANDLES.length - 3, failed: 0, parked: 0 }
  expect(second.receipt).toMatchObject({
    recovered: isKilled ? { answers: 2, unknown: 1 } : { answers: 0, unknown: 0 },
    resolved: { ...left, found: left.inputs, held: isKilled ? 1 : 0 },
  })
  expectPaidOnce(api)
  expect(
    await published(data, 'SELECT calls, billed_calls, maybe_billed_calls FROM runs ORDER BY run_id LIMIT 1'),
  ).toEqual([
    isKilled
      ? { calls: 3, billed_calls: 2, maybe_billed_calls: 1 }
      : { calls: 3, billed_calls: 3, maybe_billed_calls: 0 },
  ])
  expect(await published(data, 'SELECT user_id FROM ambiguous_calls')).toEqual(isKilled ? [{ user_id: inFlight }] : [])
  if (!isKilled) return
  const retried = await enrich(list, data, api, '--resolve')
  expect(retried.receipt).toMatchObject({ resolved: { inputs: 1, found: 1 }, ambiguous_calls: 0 })
  const twice = [...charges(api).values()].filter(({ length }) => length > 1)
  expect(twice.map(([{ id } = { id: '' }]) => id)).toEqual([inFlight])
})

test('a pipeline without such an endpoint refuses --resolve before anything is done', async () => {
  const folder = temporaryFolder()
  const api = await simulator()
  const list = writeList(folder, ['1234567890'])
  const { code, stderr } = await refused(
    enrich(list, join(folder, 'data'), api, '--resolve', '--pipeline', 'weibo-user-profile'),
  )
  expect([code, stderr]).toEqual([2, '--resolve: the pipeline weibo-user-profile has no endpoint that finds ids'])
  expect(api.ledger.summary().calls).toBe(0)
})
