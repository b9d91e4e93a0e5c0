import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readFolderStatus } from '../../src/commands/status/status.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { checkReplay } from '../support/replayed.js'
import { enrich, enrichAt, refresh, refused, simulator } from '../support/simulated.js'

const DAY = 86_400_000

test.each<[what: string, args: string[], message: string]>([
  ['no declaration', ['--max-age', 'by-tier'], '--max-age by-tier: no tier has an age; nothing was sent: declare some'],
  [
    'a tier that does not exist',
    ['--max-age', 'by-tier', '--max-age-by-tier', 'megga=20h'],
    'there is no tier megga (did you mean mega?), the pipeline xiaohongshu-user-profile has the tiers nano, micro, mid, macro, mega',
  ],
  ['a column that does not exist', ['--first', 'fens desc'], 'table creators has no column fens: did you mean fans'],
])('%s is exit 2, and no folder is made', async (_, args, message) => {
  const api = await simulator()
  const data = join(temporaryFolder(), 'data')
  const ended = await refused(enrich(writeList(temporaryFolder(), [plainId(1)]), data, api, ...args))
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(message)])
  expect([existsSync(data), api.ledger.summary().calls]).toEqual([false, 0])
})

test('so it is for plan, as is a value that cannot be read', async () => {
  const list = writeList(temporaryFolder(), [plainId(1)])
  for (const [flags, message] of [
    [['--first', 'fans'], '--first: expected a column and its direction such as "fans desc", got "fans"'],
    [['--first', 'fans; drop desc'], '--first: expected a column and its direction'],
    [['--max-age', 'by-tier'], '--max-age by-tier: no tier has an age'],
    [['--max-age-by-tier', 'mega=soon'], '--max-age-by-tier: expected a duration such as'],
    [['--max-age-by-tier', 'mega=1d,mega=2d'], '--max-age-by-tier: expected each tier once'],
  ] as const) {
    const ended = await commandHere(['plan', list, '--data', join(temporaryFolder(), 'data'), ...flags])
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(message)])
  }
})

test('the views know the allowed ages of the last night: what is overdue, and who may be among the movers', async () => {
  const api = await simulator()
  const data = join(temporaryFolder(), 'data')
  const list = writeList(temporaryFolder(), [1, 2, 3, 4].map(plainId))
  const ages = ['--max-age', 'by-tier', '--max-age-by-tier', 'mega=20h,macro=1d,mid=3d,micro=3d,nano=7d']
  const night = Date.now() - 4 * DAY
  await enrichAt(() => night, list, data, api, '--track', ...ages)
  const overdue = () =>
    published<{ tier: string; allowed_age_days: number; is_overdue: boolean }>(
      data,
      'SELECT tier, allowed_age_days, is_overdue FROM creator_overview ORDER BY user_id',
    )
  const tiers = (await overdue()).map(({ tier }) => tier)
  const days = tiers.map((tier) => ({ mega: 20 / 24, macro: 1, mid: 3, micro: 3, nano: 7 })[tier])
  expect(await overdue()).toEqual(tiers.map((tier, at) => ({ tier, allowed_age_days: days[at], is_overdue: false })))
  // The cap leaves all out, so what is too old stays so. A list by hand with another age changes nothing.
  await refresh(data, api, '--max-calls', '0', ...ages)
  const four = await overdue()
  expect(four.map(({ is_overdue }) => is_overdue)).toEqual(days.map((allowed) => allowed! < 4))
  const { overdue: late } = await readFolderStatus(layoutOf(data))
  expect(late?.creators).toBe(days.filter((allowed) => allowed! < 4).length)
  const other = writeList(temporaryFolder(), [plainId(1)], 'other.csv')
  await enrich(other, data, api, '--max-age', '3650d')
  expect((await overdue()).map(({ allowed_age_days }) => allowed_age_days)).toEqual(days)
  expect(await checkReplay(data)).toEqual([])
})
