import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { planCommand } from '../../../src/commands/plan/command.js'
import { planText, type PlanReport } from '../../../src/commands/plan/planReport.js'
import { planRun } from '../../../src/commands/plan/planRun.js'
import { resolveSettings, withPrice } from '../../../src/config/settings.js'
import { liveEffects } from '../../../src/core/effects.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { takeLock } from '../../../src/dataFolder/lock.js'
import { loadPipeline } from '../../../src/model/pipeline.js'
import { cli } from '../../support/cli.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { enrich, simulator } from '../../support/simulated.js'

async function planOf(data: string, inputs: readonly string[], flags = {}): Promise<PlanReport> {
  const pipeline = await loadPipeline(undefined)
  const settings = withPrice(resolveSettings(planCommand.options, { data, ...flags }, []), pipeline)
  const effects = liveEffects(() => undefined)
  return planRun({ inputs, settings, pipeline, effects })
}

const filesOf = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

test('a plan shows what the run then does, before and after the first run', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = join(folder, 'people.csv')
  // An id without a profile, one that the API calls invalid, one that fails, one that comes twice, two rejected rows.
  const ids = [1, 2, 3].map(plainId)
  const [empty, invalid, failing] = ['5f00000000000000005eed01', '5f00000000000000005eed02', '5f00000000000000005eed03']
  writeFileSync(list, `user_id\n${[...ids, ids[0], empty, invalid, failing, 'nobody', ''].join('\n')}\n`)

  const before = await planOf(data, [list])
  expect(existsSync(data)).toBe(false)
  expect(before).toMatchObject({ rows: 8, ids: 6, due: { ids: 6, rows: 7 }, rejected: { rows: 1 }, caveat: null })
  expect(before.due.reasons).toEqual([{ reason: 'never_fetched', ids: 6, rows: 7 }])
  expect(before.money).toEqual({ currency: 'CNY', price: 0.15, due: 0.9 })
  expect(before.time).toMatchObject({ seconds: null, latency_ms: null, limit_per_second: null })
  expect((await planOf(data, [list], { rate: '2/s' })).time).toMatchObject({ seconds: 3, rate: 2 })
  const first = await enrich(list, data, api, '--attempts', '1', '--track', '--max-failed', '100%')
  expect(first.receipt).toMatchObject({ asked_ids: before.due.ids, rows: { read: before.rows } })

  const files = filesOf(data)
  for (const flags of [{}, { maxAge: '0s' }, { retryFailed: true }, { onAmbiguous: 'hold' }]) {
    const again = await planOf(data, [list], flags)
    expect(await planOf(data, [], { ...flags, tracked: true })).toEqual({
      ...again,
      planned_at: expect.any(String) as string,
      money: { ...again.money, month: expect.any(Object) as object },
    })
    const { due, known, ids: all } = again
    expect(due.ids + Object.values(known).reduce((sum, each) => sum + each, 0)).toBe(all)
    expect(again.time.seconds === 0).toBe(due.ids === 0)
  }
  expect(filesOf(data)).toEqual(files)
  const stale = await planOf(data, [list], { maxAge: '0s' })
  expect(stale.time.latency_ms).toBeGreaterThan(0)
  const limited = planText({ ...stale, time: { ...stale.time, seconds: 90, limit_per_second: 49.5, rate: 20 } })
  expect(limited).toMatch(
    /^time +about 1m30s: 16 at a time, .* each as in the last runs,\n +the API allows about 49.5\/s, at most 20\/s$/m,
  )
  for (const line of planText(stale).split('\n').slice(1)) expect(stringWidth(line)).toBeLessThanOrEqual(80)
  const month = await planOf(data, [], { tracked: true })
  expect(month.money.month).toEqual({ ids: 4, empty_ids: 2, calls: 122, cost: 18.3 })
  expect(planText(month)).toMatch(
    /^month +about ¥18\.30 with one run on each of 30 nights,\n +122 calls at ¥0\.15 for 4 ids, and 2 without a profile once$/m,
  )
  const kinds = { fresh: 1, empty: 2, failed: 3, invalid: 4, held: 5, skipped: 6 }
  // A comma separates two counts, and stands nowhere else.
  expect(planText({ ...stale, known: kinds })).toMatch(
    /^known +fresh: 1, without a profile: 2, failed and not stale yet: 3,\n +invalid: 4, held because maybe paid: 5, not failed: 6$/m,
  )
  const second = await enrich(list, data, api, '--max-age', '0s', '--attempts', '1', '--max-failed', '100%')
  expect(second.receipt.asked_ids).toBe(stale.due.ids)
  expect(stale.known).toMatchObject({ fresh: 0 })
})

test('on the command line: without a token, while a run holds the folder, with the errors of run', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1)])
  const lock = await takeLock(layoutOf(data))
  try {
    const status = {
      run_id: 'r',
      pid: process.pid,
      started_at: new Date().toISOString(),
      updated_at: new Date().toISOString(),
      phase: 'fetching',
    }
    const numbers = { lists: [], due: 0, done: 0, in_flight: 0, failed: 0, billed: 0, maybe_billed: 0 }
    writeFileSync(layoutOf(data).status, JSON.stringify({ ...status, ...numbers }))
    const printed = await cli(['plan', list, '--data', data, '--rate', '1/s'], {
      env: { JUSTONEAPI_TOKEN: 'no token' },
    })
    expect(printed.code, printed.stderr).toBe(0)
    expect(printed.stdout).toContain(
      '\nmoney      ¥0.15: 1 call at ¥0.15, if each is billed once\ntime       about 1s: at most 1/s\n',
    )
    expect(printed.stdout).toContain('\nnote       a run is on')
    // In a container another process may have the PID of the killed one.
    const silent = { ...status, ...numbers, updated_at: new Date(Date.now() - 120_000).toISOString() }
    writeFileSync(layoutOf(data).status, JSON.stringify(silent))
    expect((await planOf(data, [list])).caveat).toBe('cut_off')
  } finally {
    await lock.release()
  }
  writeFileSync(join(data, 'state', 'status.json'), '')
  expect((await planOf(data, [list])).caveat).toBeNull()
  const { journal } = layoutOf(data)
  mkdirSync(journal)
  writeFileSync(join(journal, '20260101T000000Z-0000.journal'), '')
  expect((await planOf(data, [list])).caveat).toBe('cut_off')
  await expect(planOf(join(folder, 'none'), [], { tracked: true })).rejects.toThrow('is tracked')
  await expect(planOf(data, [join(folder, 'none.csv')])).rejects.toThrow('does not exist')
})

test('plan --resolve prices links and names by kind; an input behind the flag is not its value', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [
    'https://xhslink.com/m/one',
    'https://xhslink.com/m/one',
    '小红书号:kafei_1',
    plainId(1),
  ])
  const { code, stdout } = await commandHere(['plan', '--resolve', list, '--data', join(folder, 'data')])
  expect(code).toBe(0)
  expect(stdout).toContain('resolve    short link: 1 call at ¥0.15, 小红书号: 1 call at ¥0.15, ¥0.30 in all\n')
  expect(stdout).toContain('and up to ¥0.30 for the profiles of those who are found\n')
  const without = await planOf(join(folder, 'data'), [list])
  expect(without).not.toHaveProperty('resolve')
  expect(planText(without)).toContain('\nhint       --resolve could find 2 more ids, at ¥0.15 a call\n')
  const nothing = await planOf(join(folder, 'data'), [writeList(folder, [plainId(1)], 'ids.csv')], { resolve: true })
  expect(planText(nothing)).toContain('\nresolve    none: no link or name is left to ask for\n')
  expect(planText(nothing)).not.toContain('hint')
})
