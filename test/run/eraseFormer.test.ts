import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { folderNeeds } from '../../src/commands/doctor/folderNeeds.js'
import { listsCommand } from '../../src/commands/lists/command.js'
import { removeList } from '../../src/commands/lists/remove.js'
import { summary } from '../../src/commands/run/summary.js'
import { readFolderStatus } from '../../src/commands/status/status.js'
import { statusText } from '../../src/commands/status/statusText.js'
import { resolveSettings } from '../../src/config/settings.js'
import { liveEffects } from '../../src/core/effects.js'
import { DAY_MS } from '../../src/core/time.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import type { Receipt } from '../../src/model/receipt.js'
import { erasuresOf, readErasures } from '../../src/privacy/erasures.js'
import { addTombstones, countLeaving, readTombstones, writeTombstones } from '../../src/privacy/tombstones.js'
import { closingOfReceipt } from '../../src/run/closingLine.js'
import type { Simulator } from '../../src/simulator/simulator.js'
import { whereIs } from '../commands/forget/everyValue.js'
import { check } from '../commands/forget/folder.js'
import { sample } from '../faults/size.js'
import { cli } from '../support/cli.js'
import { commandHere } from '../support/commandHere.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { sharedFolder } from '../support/sharedFolder.js'
import { enrichAt, simulator, TOKEN, type Enriched } from '../support/simulated.js'

const FAIL_AT = new URL('../faults/failAt.mjs', import.meta.url).href
const [ANN, BEN, CAT, DAN] = [1, 2, 3, 4].map(plainId) as [string, string, string, string]

/** Four people, of whom DAN left the last list on day -40. ANN is in the list `a`, BEN and CAT are in `b`. */
const danHasLeft = sharedFolder(async (path) => {
  const folder = new Folder(path, await simulator(), Date.now())
  const { receipt } = await folder.run(-60, 'a', [ANN, BEN, CAT, DAN])
  await folder.run(-50, 'b', [BEN, CAT])
  await folder.run(-40, 'a', [ANN])
  return { now: folder.now, first: receipt }
})

/** A folder whose runs may be on any day, counted from now. */
class Folder {
  readonly data: string

  constructor(
    readonly folder: string,
    readonly api: Simulator,
    readonly now: number,
  ) {
    this.data = join(folder, 'data')
  }

  /** A copy of `danHasLeft`, with an API of its own, and the receipt of the first run. */
  static async open(): Promise<{ folder: Folder; first: Receipt }> {
    const { folder, made } = await danHasLeft()
    return { folder: new Folder(folder, await simulator(), made.now), first: made.first }
  }

  async run(day: number, list: string, ids: readonly string[], ...args: string[]): Promise<Enriched> {
    const path = writeList(this.folder, ids, `${list}.csv`)
    return enrichAt(() => this.now + day * DAY_MS, path, this.data, this.api, ...args)
  }

  async remove(day: number, list: string): Promise<void> {
    const effects = { ...liveEffects(() => undefined), now: () => this.now + day * DAY_MS }
    const settings = resolveSettings(listsCommand.options, { data: this.data }, [])
    await removeList(list, settings, await loadPipeline(undefined), effects)
  }

  /** The day on which each person left the last list. */
  async left(): Promise<Record<string, [day: number, list: string]>> {
    const rows = await published<{ user_id: string; left_at: number; list: string }>(
      this.data,
      'SELECT * FROM former_members',
    )
    return Object.fromEntries(
      rows.map(({ user_id, left_at, list }) => [user_id, [(left_at - this.now) / DAY_MS, list]]),
    )
  }

  async ids(): Promise<string[]> {
    const rows = await published<{ user_id: string }>(this.data, 'SELECT user_id FROM creators ORDER BY user_id')
    return rows.map(({ user_id }) => user_id)
  }

  async isConsistent(): Promise<void> {
    expect(await check(this.data)).toMatchObject({ exit_code: 0, differences: [] })
  }
}

test('people who left their last list longer ago are erased everywhere, and fetched again when they come back', async () => {
  const { folder } = await Folder.open()
  const { data, api } = folder
  const layout = layoutOf(data)
  expect(await folder.left()).toEqual({ [DAN]: [-40, 'a'] })
  const candidates = await published(data, 'SELECT user_id FROM creator_candidates ORDER BY user_id')
  const kept = await folder.run(-12, 'a', [ANN], '--keep-people', '30d')
  expect([kept.code, kept.receipt.erased_people]).toEqual([0, 0])
  expect(await folder.ids()).toContain(DAN)

  const before = await whereIs(data, DAN)
  expect(before.length).toBeGreaterThan(5)
  const withReport = ['--keep-people', '30d', '--no-report', 'false']
  const { code, receipt, stderr } = await folder.run(-9, 'a', [ANN], ...withReport)
  expect([code, receipt.erased_people]).toEqual([0, 1])
  expect(stderr).toMatch(/erasing 1 person who left the last list before \d{4}-/)
  expect(stderr).not.toContain(DAN)
  expect(closingOfReceipt(receipt, [])).toMatchObject({
    needsLook: true,
    message: expect.stringMatching(/ erased_people=1 .* warnings=0 next="nothing to do"$/) as string,
  })
  expect(closingOfReceipt(kept.receipt, []).needsLook).toBe(false)
  expect(summary(receipt, 'Asia/Shanghai')).toContain(
    '\nerased     1 person who left the last list longer ago than --keep-people\n',
  )
  expect(await whereIs(data, DAN)).toEqual([])
  expect(await folder.ids()).toEqual([ANN, BEN, CAT])
  expect(await folder.left()).toEqual({})
  expect(await published(data, 'SELECT user_id FROM creator_candidates ORDER BY user_id')).toEqual(candidates)
  expect(readdirSync(layout.reports).sort()).toEqual([`${receipt.run_id}.html`, 'latest.html'])
  const tombstones = await readTombstones(layout.forgotten)
  expect(tombstones.people).toEqual([])
  expect(Object.values(tombstones.paid)).toEqual([1])
  const [erasure, ...more] = erasuresOf(await readErasures(layout.erasures), DAN)
  expect([erasure, more]).toMatchObject([{ keep_people: true, verified: { named: 0, unsearched: 0 } }, []])
  await folder.isConsistent()

  const back = await folder.run(-8.9, 'winter', [DAN], '--keep-people', '30d')
  expect(back.receipt).toMatchObject({ ids: { enriched: 1, rejected: 0 }, erased_people: 0 })
  expect(api.ledger.chargesById().get(DAN)).toBe(1)
  await folder.isConsistent()
})

test('when a person left the last list is known after any sequence, also from raw/ alone', async () => {
  const { folder } = await Folder.open()
  const { data } = folder
  expect(await folder.left()).toEqual({ [DAN]: [-40, 'a'] })
  await folder.run(-35, 'b', [CAT])
  expect(await folder.left()).toEqual({ [DAN]: [-40, 'a'], [BEN]: [-35, 'b'] })
  await folder.remove(-30, 'b')
  expect(await folder.left()).toEqual({ [DAN]: [-40, 'a'], [BEN]: [-35, 'b'], [CAT]: [-30, 'b'] })
  await folder.isConsistent()
  await folder.run(-25, 'b', [BEN, DAN])
  await folder.run(-20, 'b', [DAN])
  const last = { [BEN]: [-20, 'b'], [CAT]: [-30, 'b'] }
  expect(await folder.left()).toEqual(last)
  await folder.isConsistent()
  rmSync(join(data, 'state'), { recursive: true })
  await folder.run(-19, 'a', [ANN])
  expect(await folder.left()).toEqual(last)
  await folder.isConsistent()

  // A clock that no answer has confirmed may be a year ahead.
  const idle = await folder.run(300, 'a', [ANN], '--keep-people', '30d', '--max-age', '3000d')
  expect([idle.code, idle.receipt.calls.sent, idle.receipt.erased_people]).toEqual([0, 0, 0])
  expect(idle.stderr).toContain(
    '2 people who left the last list will be erased by a later run: no answer has confirmed',
  )
})

test('nobody is erased by a run that ends in another way, in which a list lost ids, or that does not ask for it', async () => {
  const { folder } = await Folder.open()
  const { data, api } = folder
  const keep = ['--keep-people', '30d']
  const later = '1 person who left the last list will be erased by a later run: '
  const runs = [
    { run: () => folder.run(-10, 'b', [BEN], ...keep), code: 0, said: 'the list b lost 1 id in this one' },
    {
      run: () => folder.run(-9, 'b', [BEN, CAT], ...keep, '--max-calls', '0'),
      code: 0,
      said: 'no answer has confirmed the clock of this machine in this one',
    },
    {
      run: async () => {
        api.change({ balance: 0 })
        const run = await folder.run(-8, 'b', [BEN, CAT], ...keep)
        api.change({ balance: null })
        return run
      },
      code: 5,
      said: 'this one ends with exit code 5',
    },
    { run: () => folder.run(-7, 'b', [BEN, CAT]), code: 0, said: undefined },
  ]
  for (const { run, code, said } of runs) {
    const ended = await run()
    expect(ended.code).toBe(code)
    if (said === undefined) expect(ended.stderr).not.toContain('erased')
    else expect(ended.stderr).toContain(later + said)
    expect(await folder.ids()).toEqual([ANN, BEN, CAT, DAN])
  }
  const { receipt } = await folder.run(-6, 'b', [BEN, CAT], ...keep)
  expect(receipt.erased_people).toBe(1)
  expect(await folder.ids()).toEqual([ANN, BEN, CAT])
  expect(await whereIs(data, DAN)).toEqual([])
})

test('status names the number seven days ahead', async () => {
  const { folder } = await Folder.open()
  const { data } = folder
  await folder.run(-35, 'b', [BEN])
  const status = async (...args: string[]) => (await commandHere(['status', '--data', data, ...args])).stdout
  expect(await status()).not.toContain('erased')
  await folder.run(-1, 'b', [BEN], '--keep-people', '45d')
  expect(await status()).toMatch(
    /\nleaving +1 person will be erased by \d{4}-\d\d-\d\d \d\d:\d\d \(--keep-people\):\n +they are in no list/,
  )
  const { to_be_erased } = JSON.parse(await status('--json')) as { to_be_erased: Record<string, unknown> }
  expect(to_be_erased).toMatchObject({ people: 1, keep_people_ms: 45 * DAY_MS })
  expect((Date.parse(to_be_erased['by'] as string) - Date.now()) / DAY_MS).toBeCloseTo(5, 1)
  expect(await status('--keep-people', '1d')).toContain('2 people will be erased by the next run')
})

test('killed at any operation of the erasure, the next run completes it, also for people who came back meanwhile', async () => {
  const { folder } = await Folder.open()
  const { data, api } = folder
  const list = writeList(folder.folder, [ANN], 'a.csv')
  const run = async (place: string, fault: object, ...args: string[]) => {
    const env = { NODE_OPTIONS: `--import=${FAIL_AT}`, FAIL_AT: JSON.stringify(fault) }
    const command = ['run', list, '--api', api.url, '--data', place, '--json', '--no-report', ...args]
    return cli(command, { env: { JUSTONEAPI_TOKEN: TOKEN, ...env } })
  }
  const copyOf = (name: string): string => {
    const copy = join(folder.folder, name, 'data')
    cpSync(data, copy, { recursive: true, verbatimSymlinks: true })
    return copy
  }
  const operations = async (name: string, ...args: string[]): Promise<number> => {
    const count = join(folder.folder, `${name}.json`)
    const ended = await run(copyOf(name), { at: 0, how: 'kill', count }, ...args)
    expect(ended.code, ended.stderr).toBe(0)
    const counts = JSON.parse(readFileSync(count, 'utf8')) as Record<string, number>
    return Object.values(counts).reduce((sum, number) => sum + number, 0)
  }
  mkdirSync(layoutOf(data).reports)
  writeFileSync(join(layoutOf(data).reports, '20250101T000000Z-0000.html'), DAN)
  const keep = ['--keep-people', '30d']
  const first = await operations('without')
  const last = await operations('with', ...keep)
  expect(last - first).toBeGreaterThan(20)
  const points = sample(2, 80)
  let begun = 0
  for (let n = 0; n < points; n += 1) {
    const at = Math.round(first + ((n + 0.5) / points) * (last - first))
    const copy = copyOf(`at-${at}`)
    const killed = await run(copy, { at, how: n % 2 === 0 ? 'power' : 'torn' }, ...keep)
    expect(killed.code, `operation ${at} of ${first} to ${last}`).toBe(137)
    const { forgotten, erasures } = layoutOf(copy)
    if (countLeaving(await readTombstones(forgotten)) > 0) begun += 1

    // The next run reads the person in a list again.
    const again = `${dirname(copy)}/again/data`
    cpSync(copy, again, { recursive: true, verbatimSymlinks: true })
    const back = await enrichAt(Date.now, writeList(dirname(copy), [ANN, DAN], 'a.csv'), again, api)
    expect(back.receipt.rows, `operation ${at}`).toMatchObject({ read: 2, enriched: 1, rejected: 0 })
    expect(countLeaving(await readTombstones(layoutOf(again).forgotten)), back.stderr).toBe(0)
    expect(await check(again), `operation ${at}`).toMatchObject({ exit_code: 0, differences: [] })

    const completed = await enrichAt(Date.now, list, copy, api, ...keep, '--max-age', '0s')
    expect(completed.code, `operation ${at}: ${completed.stderr}`).toBe(0)
    expect(await whereIs(copy, DAN), `operation ${at}`).toEqual([])
    expect((await readTombstones(forgotten)).people).toEqual([])
    expect(readdirSync(layoutOf(copy).reports)).not.toContain('20250101T000000Z-0000.html')
    const receipts = erasuresOf(await readErasures(erasures), DAN)
    expect(receipts.map(({ finished_at }) => finished_at !== undefined)).toEqual([true])
    expect(await published(copy, 'SELECT user_id FROM creators ORDER BY user_id')).toHaveLength(3)
    expect(await check(copy), `operation ${at}`).toMatchObject({ exit_code: 0, differences: [] })
  }
  expect(begun).toBeGreaterThan(0)
}, 300_000)

test('an erasure that fails costs nothing but a repetition: exit 7, and the files of the run are in place', async () => {
  const { folder } = await Folder.open()
  const { data } = folder
  const [file] = readdirSync(join(data, 'raw', 'answers'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.parquet'))
    .sort()
  const path = join(data, 'raw', 'answers', file!)
  const bytes = readFileSync(path)
  writeFileSync(path, 'no parquet')
  const failed = await folder.run(-10, 'a', [ANN], '--keep-people', '30d')
  expect(failed.code).toBe(7)
  expect(failed.stderr).toContain('error: people who left their last list could not be erased: ')
  expect(failed.receipt).toMatchObject({ ids: { enriched: 1 }, erased_people: 0 })
  expect(await folder.ids()).toEqual([ANN, BEN, CAT, DAN])
  writeFileSync(path, bytes)
  await folder.isConsistent()
  const again = await folder.run(-8, 'a', [ANN], '--keep-people', '30d')
  expect(again).toMatchObject({ code: 0, receipt: { erased_people: 1, ids: { enriched: 1 } } })
  await folder.isConsistent()
})

test('an erasure that was cut off is told as such until the next run has completed it', async () => {
  const { folder, first } = await Folder.open()
  const { data } = folder
  const layout = layoutOf(data)
  // What stands there when the process is killed before raw/ changes.
  const marked = new Map([[DAN, { [first.run_id]: 1 }]])
  const before = await readTombstones(layout.forgotten)
  await writeTombstones(layout.forgotten, addTombstones(before, marked, Date.now(), true))

  const told = 'that of 1 person who left the last list was cut off: the next run completes it'
  const status = await readFolderStatus(layout)
  expect(status.unfinished_erasure).toEqual({ forget: 0, leaving: 1 })
  expect(statusText(status, Date.now(), 80)).toMatch(
    /\nerasure {4}that of 1 person .*:\n {11}the next run completes it\n/,
  )
  expect(await folderNeeds(layout, true)).toEqual({ verdict: 'ok', said: `erasure: ${told}` })
  const checked = await commandHere(['replay', '--check', '--data', data])
  expect(checked.stderr).toContain(`warning: an erasure in ${data} is not complete: ${told}; until then `)

  const { code, stderr } = await folder.run(-9, 'a', [ANN])
  expect(code).toBe(0)
  expect(stderr).not.toContain('warning: ')
  expect(stderr).toContain('the erasure of 1 person who left the last list, which was cut off, is complete: nothing is')
  expect((await readFolderStatus(layout)).unfinished_erasure).toEqual({ forget: 0, leaving: 0 })
  expect(await whereIs(data, DAN)).toEqual([])
  expect((await commandHere(['replay', '--check', '--data', data])).stderr).toBe('')
})
