import { createHmac } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ErasureCheck } from '../../../src/commands/forget/checkErased.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { takeLock } from '../../../src/dataFolder/lock.js'
import { commandHere } from '../../support/commandHere.js'
import { plainId } from '../../support/lists.js'
import { statesOf, whereIs } from './everyValue.js'
import { allowIn, check, enrich, forgetIn, history, writeRows } from './folder.js'

let made: Awaited<ReturnType<typeof history>>
beforeAll(async () => (made = await history()))
afterAll(() => made.close())

interface Stored {
  readonly key: string
  readonly erasures: { people: string[]; files: { path: string; how: string }[]; finished_at?: string }[]
}

const stored = (data: string): Stored => JSON.parse(readFileSync(layoutOf(data).erasures, 'utf8')) as Stored

async function checked(data: string, ...ids: string[]): Promise<{ code: number; said: string; report: ErasureCheck }> {
  const { code, stdout, stderr } = await commandHere(['forget', '--check', ...ids, '--data', data, '--json'])
  return { code, said: stdout + stderr, report: JSON.parse(stdout) as ErasureCheck }
}

test('an erasure leaves a receipt without the id, by which it can be proven; it survives a replay', async () => {
  const before = made.copy()
  const { person } = before
  const never = await checked(before.data, person)
  expect([never.code, never.report.people]).toMatchObject([9, [{ erased: false, kept_out: false, receipts: [] }]])
  expect(never.report.named.length).toBeGreaterThan(5)

  const { data, report, erasedIn } = await made.copyErased()
  const { erasures } = layoutOf(data)
  expect(report.receipts).toBe(layoutOf(erasedIn).erasures)
  expect(statSync(erasures).mode & 0o007).toBe(0)
  const { key, erasures: receipts } = stored(data)
  const keyed = createHmac('sha256', Buffer.from(key, 'hex')).update(person).digest('hex')
  expect(receipts).toMatchObject([{ people: [keyed], verified: { named: 0, unsearched: 0 } }])
  const paths = receipts[0]!.files.map(({ path, how }) => `${how} ${path}`)
  expect(paths).toContain('rebuilt state/warehouse.duckdb')
  expect(paths).toContain('rebuilt exports/people.enriched.csv')
  expect(paths.filter((path) => /^rewritten raw\/.*parquet$/.test(path))).toHaveLength(4)
  expect(paths.filter((path) => /^removed (published|reports)\//.test(path)).length).toBeGreaterThan(1)

  const states = statesOf(data)
  const lock = await takeLock(layoutOf(data))
  const proof = await checked(data, person.toUpperCase()).finally(() => lock.release())
  expect([proof.code, proof.report]).toMatchObject([0, { people: [{ erased: true, kept_out: true }], named: [] }])
  expect(proof.said.toLowerCase()).not.toContain(person)
  expect(statesOf(data)).toEqual(states)
  const both = await checked(data, person, plainId(1))
  expect([both.code, both.report.people.map(({ erased }) => erased)]).toEqual([9, [true, false]])

  rmSync(join(data, 'state'), { recursive: true })
  expect(await check(data)).toMatchObject({ exit_code: 0 })
  expect((await checked(data, person)).code).toBe(0)
  // The same command again finds nothing, and the receipt stays the only one.
  await forgetIn(data, person)
  expect(stored(data).erasures).toHaveLength(1)
})

test('a person who came back is not erased; the receipt of the first erasure stays', async () => {
  const folder = await made.copyErased()
  const { data, person } = folder
  await allowIn(data, person)
  const allowed = await checked(data, person)
  expect([allowed.code, allowed.report.people]).toMatchObject([0, [{ erased: true, kept_out: false }]])
  await enrich(folder, { maxFailed: '100%' })
  const back = await checked(data, person)
  expect([back.code, back.report.people]).toMatchObject([9, [{ erased: false, receipts: [{}] }]])
  await forgetIn(data, person)
  expect(stored(data).erasures).toHaveLength(2)
  expect((await checked(data, person)).code).toBe(0)
})

test('a later erasure takes the id out of the paths of earlier receipts', async () => {
  const folder = made.copy()
  const { data, person } = folder
  const other = plainId(3)
  const list = join(dirname(data), `${other}.csv`)
  writeRows(list, folder.ids, folder)
  await enrich({ ...folder, list }, { maxFailed: '100%' })
  await forgetIn(data, person)
  expect(readFileSync(layoutOf(data).erasures, 'utf8')).toContain(other)
  await forgetIn(data, other)
  expect(await whereIs(data, person, other)).toEqual([])
  expect(stored(data).erasures).toHaveLength(2)
})

test('a person who is not in the folder gets a receipt; a damaged file of receipts is exit 7 before anything changes', async () => {
  const { data } = made.copy()
  await forgetIn(data, plainId(99))
  expect(stored(data).erasures).toMatchObject([{ files: [], verified: { named: 0, unsearched: 0 } }])
  const { erasures } = layoutOf(data)
  writeFileSync(erasures, `{"version":1\n "${plainId(98)}"`)
  const before = statesOf(join(data, 'raw'))
  for (const args of [['--check'], []]) {
    const { code, stderr } = await commandHere(['forget', plainId(1), ...args, '--data', data])
    expect([code, stderr]).toEqual([
      7,
      expect.stringMatching(/^error: damaged: .*erasures\.json: this is not JSON; .*backup/m),
    ])
    // The damaged text may name people.
    expect(stderr).not.toContain(plainId(98))
  }
  expect(statesOf(join(data, 'raw'))).toEqual(before)
  const both = await commandHere(['forget', plainId(1), '--check', '--allow', '--data', data])
  expect([both.code, existsSync(erasures)]).toEqual([2, true])
})
