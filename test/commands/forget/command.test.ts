import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { takeLock } from '../../../src/dataFolder/lock.js'
import { erasuresOf, readErasures } from '../../../src/privacy/erasures.js'
import { isUnfinished, readTombstones } from '../../../src/privacy/tombstones.js'
import { sized, stride } from '../../faults/size.js'
import { cli, type Ended } from '../../support/cli.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { published } from '../../support/published.js'
import { statesOf, whereIs } from './everyValue.js'
import { check, DELIVERED, enrich, history, type History } from './folder.js'

let made: Awaited<ReturnType<typeof history>>
beforeAll(async () => (made = await history()))
afterAll(() => made.close())

const FAIL_AT = new URL('../../faults/failAt.mjs', import.meta.url).href

function forget({ data }: Pick<History, 'data'>, args: readonly string[], failAt?: object): Promise<Ended> {
  const command = ['forget', '--data', data, ...args]
  if (!failAt) return commandHere(command)
  return cli(command, { env: { NODE_OPTIONS: `--import=${FAIL_AT}`, FAIL_AT: JSON.stringify(failAt) } })
}

test('reports what was done, without the id; accepts links and a file', async () => {
  const folder = made.copy()
  const file = join(dirname(folder.data), 'ids.txt')
  writeFileSync(file, `\uFEFFhttps://www.xiaohongshu.com/user/profile/${folder.person.toUpperCase()}?a=1\r\n\r\n`)
  const first = await forget(folder, [`see ${DELIVERED}`, '--file', file])
  expect(first.code, first.stderr).toBe(0)
  expect(first.stdout).toMatch(/^forgotten {2}2 people; no input and no answer brings them back\n/)
  expect(first.stdout).toContain('erased     2 answers, 0 calls without an answer, 2 rows of lists\n')
  expect(first.stdout).toContain(`database   ${join(folder.data, 'creators.duckdb')}\n`)
  const again = await forget(folder, ['--json', '--quiet', folder.person])
  expect([again.code, again.stderr]).toEqual([0, ''])
  expect(JSON.parse(again.stdout)).toMatchObject({ exit_code: 0, people: 1, found: 0, already_forgotten: 1 })
  expect(first.stdout + first.stderr + again.stdout).not.toMatch(new RegExp(`${folder.person}|${DELIVERED}`, 'i'))
  expect(await whereIs(folder.data, folder.person, DELIVERED)).toEqual([])
  const allowed = await forget(folder, ['--allow', folder.person, '5f0000000000000000000005'])
  expect(allowed.stdout).toBe(
    'allowed    1 person; the next input that names them fetches them again\n           1 person was not forgotten\n',
  )
  const stranger = await forget(folder, ['--allow', folder.person])
  expect([stranger.code, stranger.stdout]).toEqual([0, 'allowed    nothing to do: this person was not forgotten\n'])
  const strangers = await forget(folder, ['--allow', folder.person, '5f0000000000000000000005'])
  expect(strangers.stdout).toBe('allowed    nothing to do: none of these 2 people was forgotten\n')
})

test('a wrong id, file or folder, or no id: exit 2, one line, nothing changed, no input shown', async () => {
  const folder = made.copy()
  const before = statesOf(folder.data)
  const file = join(temporaryFolder(), 'ids.txt')
  writeFileSync(file, `${folder.person}\nMy Secret Name\n`)
  for (const [args, said] of [
    [['someone-private'], 'argument 1 is not an id (red_id)'],
    [[folder.person, 'My Secret Name'], 'argument 2 is not an id'],
    [['--file', file], `${file}, line 2 is not an id`],
    [['--file', `${file}.not`], `${file}.not cannot be read`],
    [[], 'no person is named'],
  ] as const) {
    const { code, stderr, stdout } = await forget(folder, args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
    expect(stderr).not.toMatch(/private|Secret/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  }
  expect(statesOf(folder.data)).toEqual(before)
  const data = join(temporaryFolder(), 'typo')
  expect(await forget({ data }, [folder.person])).toMatchObject({ code: 2 })
})

test('while another run holds the folder: exit 8, and nothing changes', async () => {
  const folder = made.copy()
  const lock = await takeLock(layoutOf(folder.data))
  const before = statesOf(folder.data)
  expect(await forget(folder, [folder.person])).toMatchObject({ code: 8 })
  expect(statesOf(folder.data)).toEqual(before)
  await lock.release()
})

test('killed at any operation, the same command completes the erasure; until then runs work and do not fetch the person', async () => {
  const counting = made.copy()
  const count = join(dirname(counting.data), 'operations')
  await forget(counting, [counting.person], { at: 0, how: 'kill', count })
  const operations = JSON.parse(readFileSync(count, 'utf8')) as Record<string, number>
  const last = Object.values(operations).reduce((sum, number) => sum + number, 0)
  const rows = await published(counting.data, 'SELECT * EXCLUDE (run_id) FROM creators ORDER BY user_id')

  for (const at of stride(last, sized(1, 60))) {
    const folder = made.copy()
    const killed = await forget(folder, [folder.person], { at, how: at % 2 === 0 ? 'torn' : 'power' })
    expect(killed.code, `operation ${at} of ${last}`).toBe(137)
    // A run between the killed erasure and its completion.
    const between = { ...folder, data: `${folder.data}-between` }
    cpSync(folder.data, between.data, { recursive: true, verbatimSymlinks: true })
    const begun = await isBegun(between)
    const receipt = await enrich(between)
    if (begun) expect(receipt.asked_ids).toBe(0)
    expect((await check(between.data)).exit_code, `between, operation ${at}`).toBeOneOf([0, 9])

    const completed = await forget(folder, [folder.person])
    expect(completed.code, `${completed.stderr}, operation ${at}`).toBe(0)
    expect(await whereIs(folder.data, folder.person), `operation ${at}`).toEqual([])
    expect(await published(folder.data, 'SELECT * EXCLUDE (run_id) FROM creators ORDER BY user_id')).toEqual(rows)
    expect(await isBegun(folder)).toBe(false)
    const receipts = erasuresOf(await readErasures(layoutOf(folder.data).erasures), folder.person)
    expect(receipts, `operation ${at}`).toMatchObject([{ verified: { named: 0, unsearched: 0 } }])
    expect(receipts[0]!.files.filter(({ path }) => /^raw\/(answers|inputs)\/.*parquet$/.test(path))).toHaveLength(4)
    expect((await check(folder.data)).exit_code).toBe(0)
  }
}, 300_000)

/** Whether a tombstone says that an erasure was started and not completed. */
async function isBegun({ data }: Pick<History, 'data'>): Promise<boolean> {
  return isUnfinished(await readTombstones(layoutOf(data).forgotten))
}
