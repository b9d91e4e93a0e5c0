import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runEndText } from '../../src/commands/run/webhook.js'
import { summary } from '../../src/commands/run/summary.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, refused, simulator } from '../support/simulated.js'

const idsTo = (n: number) => Array.from({ length: n }, (_, at) => plainId(at + 1))

test('a tracked list does not lose more than half of its ids without --replace, and the message says how to get it back', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const stored = async () =>
    (await published<{ n: number }>(data, 'SELECT count(DISTINCT user_id) AS n FROM list_members'))[0]!.n
  const list = writeList(folder, idsTo(30))
  const first = await enrich(list, data, api, '--track')
  expect(first.stderr).toContain('list creators: +30 −0')
  expect(first.receipt.lists).toMatchObject([{ added: 30, removed: 0 }])
  expect(summary(first.receipt, 'Asia/Shanghai')).toContain('list creators: +30 −0')
  expect(runEndText(first.receipt)).toContain('list creators: +30 −0')
  const calls = api.ledger.summary().calls

  // The same name from another folder, the same path with other ids, and another file as this list.
  const short = writeList(temporaryFolder(), idsTo(10))
  const others = writeList(folder, idsTo(60).slice(30))
  const named = writeList(folder, [...idsTo(14), plainId(99)], 'other.csv')
  for (const [file, lost, ...args] of [
    [short, 20],
    [others, 30],
    [named, 16, '--list', 'creators'],
  ] as const) {
    const { code, stderr } = await refused(enrich(file, data, api, ...args))
    expect(code).toBe(2)
    expect(stderr).toContain(`${file}: the tracked list creators would lose ${lost} of its 30 ids`)
    expect(stderr).toContain('--replace')
    expect(stderr).toContain(join(data, 'exports', 'creators.enriched.csv'))
  }
  expect(api.ledger.summary().calls).toBe(calls)
  expect(await stored()).toBe(30)

  const planned = await commandHere(['plan', short, '--data', data], { env: { CREATOR_ENRICH_REPLACE: 'true' } })
  expect(planned).toMatchObject({ code: 0, stderr: expect.stringContaining('a run would stop: ') as string })
  expect(planned.stderr).toContain('list creators: +0 −20')

  const kept = join(folder, 'kept.csv')
  copyFileSync(join(data, 'exports', 'creators.enriched.csv'), kept)
  const replaced = await enrich(short, data, api, '--replace')
  expect(replaced.stderr).toContain('warning: list creators: +0 −20: it loses 20 of its 30 ids')
  expect(await stored()).toBe(10)
  const restored = await enrich(kept, data, api, '--list', 'creators')
  expect(restored.receipt.lists).toMatchObject([{ list: 'creators', ids: 30, added: 20, removed: 0 }])
  expect(api.ledger.summary().calls).toBe(calls)
})

test('a list that loses a fifth of its ids is a warning; a short or untracked one may lose most of them', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const run = (name: string, n: number, ...args: string[]) =>
    enrich(writeList(folder, idsTo(n), `${name}.csv`), data, api, ...args)
  await run('tracked', 15, '--track')
  await run('untracked', 30)
  expect((await run('tracked', 13)).stderr).not.toContain('warning')
  expect((await run('tracked', 10)).stderr).toContain('warning: list tracked: +0 −3: it loses 3 of its 13 ids')
  expect((await run('tracked', 1)).receipt.lists).toMatchObject([{ removed: 9 }])
  expect((await run('untracked', 1)).stderr).toContain('warning: list untracked: +0 −29')
})
