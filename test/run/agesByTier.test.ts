import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cli } from '../support/cli.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrich, refused, simulator } from '../support/simulated.js'

test.each<[what: string, args: string[], message: string]>([
  ['no declaration', ['--max-age', 'by-tier'], '--max-age by-tier: no tier has an age; nothing was sent: declare some'],
  [
    'a tier that does not exist',
    ['--max-age', 'by-tier', '--max-age-by-tier', 'megga=20h'],
    'there is no tier megga: did you mean mega? The pipeline xiaohongshu-user-profile has the tiers nano, micro, mid, macro, mega',
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
    const ended = await cli(['plan', list, '--data', join(temporaryFolder(), 'data'), ...flags])
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(message)])
  }
})
