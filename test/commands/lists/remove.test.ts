import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { listsCommand } from '../../../src/commands/lists/command.js'
import { removeList } from '../../../src/commands/lists/remove.js'
import { replayCommand } from '../../../src/commands/replay/command.js'
import { replay } from '../../../src/commands/replay/replay.js'
import { resolveSettings } from '../../../src/config/settings.js'
import { liveEffects } from '../../../src/core/effects.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { takeLock } from '../../../src/dataFolder/lock.js'
import { loadPipeline } from '../../../src/model/pipeline.js'
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.js'
import { sized, stride } from '../../faults/size.js'
import { cli, type Ended } from '../../support/cli.js'
import { commandHere } from '../../support/commandHere.js'
import { copyFolder } from '../../support/finishedFolder.js'
import { folderOfFile, temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { samplesByKey } from '../../support/prometheusText.js'
import { published } from '../../support/published.js'
import { enrich, enrichAll, refresh, refused, simulator } from '../../support/simulated.js'
import { whereIs } from '../forget/everyValue.js'
import { forgetIn } from '../forget/folder.js'

const FAIL_AT = new URL('../../faults/failAt.mjs', import.meta.url).href

const effects = liveEffects(() => undefined)
const removeIn = async (data: string, list: string) =>
  removeList(list, resolveSettings(listsCommand.options, { data }, []), await loadPipeline(undefined), effects)
const replayIn = async (data: string, flags = {}) =>
  replay(resolveSettings(replayCommand.options, { data, ...flags }, []), await loadPipeline(undefined), effects)
const listsOf = async (data: string) =>
  (await published<{ list: string }>(data, 'SELECT list FROM lists ORDER BY list')).map(({ list }) => list)

function remove(data: string, list: string, failAt?: object): Promise<Ended> {
  const command = ['lists', 'remove', list, '--data', data]
  if (!failAt) return commandHere(command)
  return cli(command, { env: { NODE_OPTIONS: `--import=${FAIL_AT}`, FAIL_AT: JSON.stringify(failAt) } })
}

/** Two lists with a common id, one of them with a rejected row, tracked. Made once. */
const made = folderOfFile()
let api: Simulator
let spring: string
beforeAll(async () => {
  api = await startSimulator({ pipeline: await loadPipeline(undefined) })
  const data = join(made, 'data')
  spring = writeList(made, [plainId(1), plainId(2), 'not an id'], 'spring.csv')
  await enrich(spring, data, api, '--track', '--excel')
  await enrich(writeList(made, [plainId(2), plainId(3)], 'autumn.csv'), data, api)
  return () => api.close()
})
const twoLists = (): string => copyFolder(join(made, 'data'), join(temporaryFolder(), 'data'))

test('a removed list is gone from tables and exports, also after a replay; its people stay', async () => {
  const data = twoLists()
  const [creators, counters] = ['creators', 'creator_counters'].map((table) => `SELECT * FROM ${table} ORDER BY ALL`)
  const before = [await published(data, creators!), await published(data, counters!)]
  const exports = join(data, 'exports')
  writeFileSync(join(exports, 'mine.enriched.csv'), 'mine')

  const removed = await remove(data, 'spring')
  expect(removed).toMatchObject({
    code: 0,
    stderr: '',
    stdout:
      'spring is removed: 3 rows, 3 exports\nit is not tracked any more\n' +
      'no list is tracked now: `run --tracked` ends with exit 2, so stop its timer or track a list\n' +
      'its people stay, with their profiles and their history; a run that reads the list again brings it back\n',
  })
  const isGone = async () => {
    expect(await listsOf(data)).toEqual(['autumn'])
    for (const table of ['list_members', 'rejects', 'list_overview'])
      expect(await published(data, `SELECT * FROM ${table} WHERE list = 'spring'`), table).toEqual([])
    expect([await published(data, creators!), await published(data, counters!)]).toEqual(before)
    expect(readdirSync(exports).filter((name) => name.includes('spring'))).toEqual([])
  }
  await isGone()
  const metrics = samplesByKey(readFileSync(join(data, 'metrics', 'creator-enrich.prom'), 'utf8'))
  expect(Object.keys(metrics).filter((key) => key.includes('list="'))).toEqual([
    'creator_enrich_list_ids{list="autumn"}',
    'creator_enrich_list_tracked{list="autumn"}',
    'creator_enrich_list_overdue_ids{list="autumn"}',
    'creator_enrich_list_oldest_profile_timestamp_seconds{list="autumn"}',
  ])
  expect(metrics).toMatchObject({ creator_enrich_last_run_exit_code: 0, creator_enrich_last_start_exit_code: 0 })
  expect(existsSync(join(exports, 'mine.enriched.csv'))).toBe(true)
  expect(await replayIn(data, { check: true })).toMatchObject({ exit_code: 0, differences: [] })
  rmSync(join(data, 'state'), { recursive: true })
  await replayIn(data)
  await isGone()
  expect((await refused(refresh(data, api))).stderr).toContain(`no list of ${data} is tracked`)

  // It is a new list when it is read again, and may be removed again.
  const calls = api.ledger.summary().calls
  const again = await enrich(spring, data, api)
  expect(again.receipt.lists).toMatchObject([{ list: 'spring', added: 2, removed: 0 }])
  expect(api.ledger.summary().calls).toBe(calls)
  const fresh = `SELECT tracked, first_read_at = last_read_at AS is_new FROM lists WHERE list = 'spring'`
  expect(await published(data, fresh)).toEqual([{ tracked: false, is_new: true }])
  expect(await replayIn(data, { check: true })).toMatchObject({ exit_code: 0, differences: [] })
  expect(await removeIn(data, 'spring')).toMatchObject({ removed: true, was_tracked: false, rows: 3, ids: 2 })
  await isGone()
  expect(await replayIn(data, { check: true })).toMatchObject({ exit_code: 0, differences: [] })
  expect(await commandHere(['report', '--data', data])).toMatchObject({ code: 0, stderr: '' })
})

test('an unknown list is exit 2 and names what may be meant; a held folder is exit 8; nothing changes', async () => {
  const data = twoLists()
  const wrong = await remove(data, 'sping')
  expect(wrong).toMatchObject({
    code: 2,
    stdout: '',
    stderr: `error: ${data} has no list sping: its lists are autumn, spring; did you mean spring? nothing was changed\n`,
  })
  const lock = await takeLock(layoutOf(data))
  expect(await remove(data, 'spring')).toMatchObject({ code: 8, stdout: '' })
  await lock.release()
  expect(await listsOf(data)).toEqual(['autumn', 'spring'])
  const none = join(temporaryFolder(), 'none')
  expect(await remove(none, 'spring')).toMatchObject({ code: 2 })
  expect(existsSync(none)).toBe(false)
  expect(await commandHere(['lists', 'remove', '--data', data])).toMatchObject({ code: 2 })
  expect(await commandHere(['lists', 'delete', 'spring', '--data', data])).toMatchObject({ code: 2 })

  const { code, stdout } = await commandHere(['lists', '--json', '--data', data, 'remove', 'autumn'])
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { list: 'autumn', removed: true, was_tracked: false, ids: 2 }])
  const twice = await remove(data, 'autumn')
  expect(twice).toMatchObject({ code: 0, stderr: '' })
  expect(twice.stdout).toMatch(/^autumn was removed before, at \d{4}-.*; nothing is left to remove\n$/)
  expect(await listsOf(data)).toEqual(['spring'])
})

test('cut off after the receipt is written, the next run does not pay for the list', async () => {
  const data = twoLists()
  const calls = api.ledger.summary().calls
  const exported = join(data, 'exports/spring.enriched.csv')
  rmSync(exported)
  mkdirSync(exported)
  await expect(removeIn(data, 'spring')).rejects.toThrow('cannot remove the files of the list spring')
  const run = await refused(refresh(data, api, '--max-age', '0s'))
  expect(run.stderr).toContain(`no list of ${data} is tracked`)
  expect(api.ledger.summary().calls).toBe(calls)
  rmSync(exported, { recursive: true })
  expect(await removeIn(data, 'spring')).toMatchObject({ removed: false })
  expect(await listsOf(data)).toEqual(['autumn'])
  expect(await replayIn(data, { check: true })).toMatchObject({ exit_code: 0, differences: [] })
})

test('killed at any operation, the same command completes the removal', async () => {
  const count = join(temporaryFolder(), 'operations')
  expect(await remove(twoLists(), 'spring', { at: 0, how: 'kill', count })).toMatchObject({ code: 0 })
  const operations = JSON.parse(readFileSync(count, 'utf8')) as Record<string, number>
  const last = Object.values(operations).reduce((sum, number) => sum + number, 0)
  for (const at of stride(last, sized(4, 80))) {
    const copy = twoLists()
    const killed = await remove(copy, 'spring', { at, how: at % 2 === 0 ? 'torn' : 'power' })
    expect(killed.code, `operation ${at} of ${last}`).toBe(137)
    expect(await listsOf(copy)).toContain('autumn')
    const completed = await remove(copy, 'spring')
    expect(completed, `operation ${at} of ${last}`).toMatchObject({ code: 0 })
    expect(completed.stderr).toMatch(/^(.* is rebuilt from .*: a command that changes a list was cut off\n)?$/)
    expect(await listsOf(copy)).toEqual(['autumn'])
    expect(readdirSync(join(copy, 'exports')).filter((name) => name.includes('spring'))).toEqual([])
    expect(await replayIn(copy, { check: true })).toMatchObject({ exit_code: 0, differences: [] })
  }
}, 300_000)

test('the files of a list whose name collided with the removed one get its plain name', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, [plainId(1)])
  await enrich(list, data, api, '--list', 'Team')
  await enrich(list, data, api, '--list', 'team')
  const names = () => readdirSync(join(data, 'exports')).filter((name) => /team/i.test(name))
  expect(names().sort()).toEqual([
    'Team.enriched.csv',
    'Team.rejects.csv',
    expect.stringMatching(/^team-[0-9a-f]{8}\.enriched\.csv$/),
    expect.stringMatching(/^team-[0-9a-f]{8}\.rejects\.csv$/),
  ])
  await removeIn(data, 'Team')
  expect(names().sort()).toEqual(['team.enriched.csv', 'team.rejects.csv'])
  await enrich(list, data, api, '--list', 'team')
  expect(names().sort()).toEqual(['team.enriched.csv', 'team.rejects.csv'])
})

test('forget reaches the name of a removed list, and its rows in raw/', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const named = writeList(folder, [plainId(1), plainId(2)], `${plainId(1)}.csv`)
  await enrichAll([named, writeList(folder, [plainId(2)], 'other.csv')], data, api)
  await removeIn(data, plainId(1))
  expect(await forgetIn(data, plainId(1))).toMatchObject({ exit_code: 0, found: 1 })
  expect(await whereIs(data, plainId(1))).toEqual([])
  expect(await listsOf(data)).toEqual(['other'])
  expect(await replayIn(data, { check: true })).toMatchObject({ exit_code: 0, differences: [] })
})
