import { join } from 'node:path'
import { expect, test } from 'vitest'
import { summary } from '../../src/commands/run/summary.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, simulator } from '../support/simulated.js'

test('a cap is exit 0; one that parks more of the due ids than --alarm-parked is exit 3, reason parked', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(
    folder,
    Array.from({ length: 10 }, (_, n) => plainId(n + 1)),
  )
  const api = await simulator()
  const run = async (...args: string[]) => (await enrich(list, data, api, '--alarm-parked', '50%', ...args)).receipt
  // Of 10 due ids 6 are parked, then of 6 three, which is not more than half.
  const first = await run('--max-calls', '4')
  expect(first).toMatchObject({ exit_code: 3, exit_reason: 'parked', ids: { parked: 6 }, stop: { reason: 'cap' } })
  expect(summary(first, 'Asia/Shanghai')).toContain(
    'exit 3     parked: the cap has parked more of the due ids than --alarm-parked',
  )
  expect(await run('--max-calls', '3')).toMatchObject({ exit_code: 0, exit_reason: null, ids: { parked: 3 } })
  const day = await run('--budget-per-day', '0.45')
  expect(day).toMatchObject({ exit_code: 3, exit_reason: 'parked', stop: { code: 'budget-per-day' } })
  expect((await enrich(list, data, api, '--max-calls', '1')).code).toBe(0)
  expect(await published(data, 'SELECT exit_code, exit_reason FROM runs ORDER BY run_id')).toEqual([
    { exit_code: 3, exit_reason: 'parked' },
    { exit_code: 0, exit_reason: null },
    { exit_code: 3, exit_reason: 'parked' },
    { exit_code: 0, exit_reason: null },
  ])
})
