import { cpSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pipeline } from '../../../pipelines/default.js'
import { listBilledCalls } from '../../../src/commands/costs/listBilledCalls.js'
import { all, openDatabase } from '../../../src/core/duckdb.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import type { Pipeline } from '../../../src/model/pipeline.js'
import { withPublished } from '../../../src/publish/openPublished.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { published } from '../../support/published.js'
import { forgetHere } from '../../support/replayHere.js'
import { enrichAll, enrichAt, simulator } from '../../support/simulated.js'

/** Half past eleven at night in Shanghai, on the 31st of October. */
const NIGHT = Date.UTC(2026, 9, 31, 15, 30)
const HOUR = 3_600_000

test('costs lists each billed call with its request id; the lines add up to the table, also after forget', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const empty = '5f00000000000000c0de0201'
  const lists = [
    writeList(folder, [plainId(1), plainId(2), empty], '甲.csv'),
    writeList(folder, [plainId(2), plainId(3)], 'b.csv'),
  ]
  const api = await simulator()
  const before = await enrichAt(() => NIGHT, lists[0]!, data, api, '--max-calls', '1')
  await enrichAt(() => NIGHT + HOUR, lists[0]!, data, api)
  const { receipt } = await enrichAll(lists, data, api, '--max-age', '0s')
  const month = receipt.started_at.slice(0, 7)
  const costs = (...args: string[]) => commandHere(['costs', '--data', data, ...args])

  const october = await costs('--month', '2026-10', '--format', 'csv')
  expect(october.code, october.stderr).toBe(0)
  const [header, line, ...others] = october.stdout.trimEnd().split('\n')
  expect(header).toBe(
    'day,sent_at,received_at,record_time,request_id,user_id,host,endpoint,code,billed,price,currency,run_id,seq,source',
  )
  expect(others).toEqual([])
  const [entry] = api.ledger.entries
  expect(line!.split(',')).toMatchObject({
    0: '2026-10-31',
    4: entry!.seq.toString(16).padStart(32, '0'),
    5: entry!.id,
    6: new URL(api.url).host,
    7: '/api/xiaohongshu/get-user/v3',
    8: '0',
    9: 'yes',
    10: '0.15',
    11: 'CNY',
    12: before.receipt.run_id,
    13: '1',
    14: 'raw',
  })
  expect(october.stderr).toContain('2026-10: ¥0.15 billed (1 call), as in table spending: 1 line')

  // The lines of every month are the charges of the API.
  const listed = (which: string) =>
    withPublished(layoutOf(data), async (connection) => {
      const counts = await listBilledCalls(connection, layoutOf(data), {
        month: which,
        zone: 'Asia/Shanghai',
        pipeline,
      })
      return { counts, lines: await all(connection, 'SELECT user_id, billed, source, request_id FROM billed_calls') }
    })
  const months = [...new Set(['2026-10', '2026-11', month])]
  const every = await Promise.all(months.map(listed))
  const charged = api.ledger.entries.filter((each) => each.charged).map(({ seq }) => seq.toString(16).padStart(32, '0'))
  expect(every.flatMap(({ lines }) => lines.map(({ request_id }) => request_id)).sort()).toEqual(charged.sort())

  const summary = await costs('--month', month)
  expect(summary.stdout).toMatch(
    /^month +20\d\d-\d\d \(Asia\/Shanghai\)\nmoney +¥0\.\d\d billed \(\d calls\), up to ¥0\.\d\d more \(\d calls? maybe billed\)\n/,
  )
  expect(summary.stdout).toMatch(/\nlist +asked +calls .*\n甲 +\d/)
  const json = JSON.parse((await costs('--month', month, '--json')).stdout) as { total: object; lists: object[] }
  expect(json).toMatchObject({ month, currency: 'CNY', lists: [{ list: '甲' }, { list: 'b' }] })

  // The calls for a forgotten person are in the table only; their lines have no details.
  const [counts] = every.slice(-1).map((each) => each.counts)
  await forgetHere(data, plainId(2))
  const after = await listed(month)
  expect(after.counts).toEqual({ ...counts!, gone: expect.any(Number) as number })
  expect(after.counts.gone).toBeGreaterThan(0)
  const gone = after.lines.filter(({ source }) => source === 'gone')
  expect(gone.every(({ user_id, request_id }) => user_id === null && request_id === null)).toBe(true)
  expect((await costs('--month', month, '--format', 'json')).stderr).toContain('without details')
})

test('a call to a resolver is listed at the price at which it was paid, also after a change of price', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, ['小红书号:kafei_15eed06', 'https://xhslink.com/m/Cost05eed09', plainId(1)])
  await enrichAt(() => NIGHT, list, data, await simulator(), '--resolve', '--price', '0.2')
  const listed = (dearer: Pipeline) =>
    withPublished(layoutOf(data), async (connection) => {
      const period = { month: '2026-10', zone: 'Asia/Shanghai', pipeline: dearer }
      const { gone } = await listBilledCalls(connection, layoutOf(data), period)
      const lines = await all(connection, 'SELECT endpoint, price FROM billed_calls ORDER BY seq')
      return { gone, lines }
    })
  const resolvers = pipeline.resolvers!.map((each) => ({ ...each, price: 0.3 }))
  const profile = { endpoint: '/api/xiaohongshu/get-user/v3', price: 0.2 }
  expect(await listed({ ...pipeline, price: 0.4, resolvers })).toEqual({
    gone: 0,
    lines: [
      { endpoint: expect.stringContaining('share-url-transfer') as string, price: 0.15 },
      { endpoint: expect.stringContaining('search-user') as string, price: 0.15 },
      profile,
      profile,
      profile,
    ],
  })
  const paid = `SELECT endpoint, calls::INTEGER AS calls, price FROM spending ORDER BY endpoint NULLS LAST`
  expect(await published(data, paid)).toMatchObject([
    { endpoint: 'search-user', calls: 1 },
    { endpoint: 'share-url-transfer', calls: 1 },
    { endpoint: null, calls: 3 },
  ])

  // The file of a version before the column.
  const older = await openDatabase(realpathSync(join(data, 'creators.duckdb')))
  await older.connection.run('ALTER TABLE spending DROP COLUMN endpoint')
  await older.close()
  const { code, stderr } = await commandHere(['costs', '--data', data, '--month', '2026-10', '--format', 'csv'])
  expect([code, stderr]).toEqual([2, expect.stringContaining(`\`creator-enrich replay --data ${data}\``) as string])
})

test('a wrong month or format is refused, and a month without calls is empty', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  await enrichAt(() => NIGHT, writeList(folder, [plainId(1)]), data, await simulator())
  const costs = async (...args: string[]) => {
    const { code, stdout, stderr } = await commandHere(['costs', '--data', data, ...args])
    return [code, stdout, stderr]
  }
  expect(await costs('--month', '2026-13')).toEqual([
    2,
    '',
    expect.stringContaining('--month: expected a month such as 2026-11') as string,
  ])
  expect(await costs('--month', '2031-01')).toEqual([
    2,
    '',
    expect.stringMatching(/^error: --month 2031-01 lies in the future: now is \d{4}-\d\d in /) as string,
  ])
  expect(await costs('--format', 'xlsx')).toEqual([
    2,
    '',
    expect.stringContaining('costs are written as csv, json or table') as string,
  ])
  expect(await costs('--out', data)).toEqual([2, '', expect.stringContaining('is a folder') as string])
  expect(await costs('--month', '2026-09', '--format', 'json')).toEqual([
    0,
    '[]\n',
    expect.stringContaining('0 lines') as string,
  ])

  const out = join(folder, 'calls.csv')
  expect((await costs('--month', '2026-10', '--out', out))[0]).toBe(0)
  expect(readFileSync(out, 'utf8')).toMatch(/^\ufeffday,sent_at,.*\n2026-10-31,.*,raw\n$/)
})

test('calls that are not sealed yet are read from the journal; a difference to the table is a warning', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const journal = join(data, 'state/journal')
  const copy = join(folder, 'copy')
  // The journal as it is when the second call is sent.
  const api = await simulator({
    before: ({ arrival }) => {
      if (arrival === 2) cpSync(journal, copy, { recursive: true })
      return undefined
    },
  })
  const list = writeList(folder, [plainId(1), plainId(2)])
  await enrichAt(() => NIGHT, list, data, api, '--concurrency', '1')
  rmSync(join(data, 'raw'), { recursive: true })
  const costs = () => commandHere(['costs', '--data', data, '--month', '2026-10', '--format', 'csv'])
  expect((await costs()).stderr).toContain('2 lines; 2 lines without details: these calls are not in raw/ any more')

  cpSync(copy, join(journal, 'loaded'), { recursive: true })
  const { stdout, stderr } = await costs()
  expect(stdout).toMatch(/,0,yes,0\.15,CNY,[\w-]+,1,journal\n/)
  expect(stdout).toMatch(/,unknown,maybe,0\.15,CNY,[\w-]+,2,journal\n/)
  expect(stderr).toMatch(
    /warn.*¥0\.30 billed \(2 calls\) by table spending, but .* have 2 billed and 1 maybe billed calls/,
  )
})
