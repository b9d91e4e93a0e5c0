import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { plural } from '../../src/core/text.js'
import type { Simulator } from '../../src/simulator/simulator.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, refused, runHere, simulator } from '../support/simulated.js'
import { smallDisk } from '../support/tmpfs.js'

const IDS = Array.from({ length: 600 }, (_, n) => plainId(n + 1))
const FEW = IDS.slice(0, 100)
const args = ['--concurrency', '8']

/** Runs the same command again: no call is unknown, nothing is paid twice, no person is missing. */
async function expectGoesOn(
  list: string,
  data: string,
  api: Simulator,
  { ids, paid }: { ids: number; paid: number },
): Promise<void> {
  const { code, receipt } = await enrich(list, data, api, ...args)
  expect(code).toBe(0)
  expect(receipt.recovered).toEqual({ answers: paid, unknown: 0, damaged: 0 })
  expect(receipt.ids).toMatchObject({ read: ids, reused: paid, enriched: ids - paid })
  expect([...api.ledger.chargesById().values()].every((n) => n === 1)).toBe(true)
  expect(await published(data, 'SELECT count(*) AS n FROM creators')).toEqual([{ n: ids }])
}

describe('a disk that is full', () => {
  test('exit 7, every paid answer is safe', async ({ skip }) => {
    const folder = temporaryFolder()
    const list = writeList(folder, IDS)
    const disk = smallDisk(join(folder, 'disk'), 3)
    if (!disk) return skip('a tmpfs cannot be mounted here')
    const data = join(folder, 'disk', 'data')
    const api = await simulator({ latencyMs: 2 })
    const { code, stderr } = await runHere([list], data, api, ...args)
    expect(code).toBe(7)
    const paid = api.ledger.summary().charged
    expect(stderr).toMatch(/^error: disk full: .*\.journal: ENOSPC.*; sending stopped, /m)
    expect(stderr).toContain(
      `${plural(paid, 'answer of this run is', 'answers of this run are')} safe: free some space, then run the same command again`,
    )

    disk.resize(200)
    await expectGoesOn(list, data, api, { ids: IDS.length, paid })
  })

  test('too small for the spare file: exit 7, nothing is sent', async ({ skip }) => {
    const folder = temporaryFolder()
    const list = writeList(folder, IDS)
    if (!smallDisk(join(folder, 'disk'), 2)) return skip('a tmpfs cannot be mounted here')
    const api = await simulator()
    const { code, stderr } = await runHere([list], join(folder, 'disk', 'data'), api, ...args)
    expect(code).toBe(7)
    expect(stderr).toMatch(/nothing was sent: free some space, then run the same command again\n$/)
    expect(api.ledger.summary().calls).toBe(0)
  })
})

describe('a journal that disappears while calls are made', () => {
  test.each<[string, (data: string) => void]>([
    ['deleted', (data) => rmSync(journalIn(data))],
    ['moved', (data) => renameSync(journalIn(data), join(data, 'moved'))],
    ['deleted with the data folder', (data) => rmSync(data, { recursive: true, force: true })],
    ['moved with the data folder', (data) => renameSync(data, `${data}-moved`)],
  ])('%s: exit 7 at once, and the next run finds all its calls', async (_, takeAway) => {
    const folder = temporaryFolder()
    const data = join(folder, 'data')
    const list = writeList(folder, FEW)
    let arrived = 0
    const api = await simulator({
      latencyMs: 2,
      before: () => {
        arrived += 1
        if (arrived === 60) takeAway(data)
        return undefined
      },
    })
    const { code, stderr } = await refused(enrich(list, data, api, ...args))
    expect(code).toBe(7)
    const { calls, charged } = api.ledger.summary()
    expect(calls).toBeLessThan(60 + 2 * 8)
    expect(stderr).toContain(`its whole content was written again; sending stopped, ${charged} answers of this run`)
    await expectGoesOn(list, data, api, { ids: FEW.length, paid: charged })
  })
})

test('state that is deleted while calls are made: profiles that were published before are not paid again', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, IDS.slice(0, 5))
  const run: { arrived?: () => void } = {}
  const api = await simulator({
    before: () => {
      run.arrived?.()
      return undefined
    },
  })
  expect((await enrich(list, data, api)).code).toBe(0)
  run.arrived = () => rmSync(join(data, 'state'), { recursive: true, force: true })
  const stopped = await refused(enrich(writeList(folder, IDS.slice(5, 6), 'more.csv'), data, api))
  expect(stopped.code).toBe(7)
  expect(stopped.stderr).toContain('1 answer of this run is safe')
  run.arrived = () => undefined

  const before = api.ledger.summary().calls
  const again = await enrich(list, data, api)
  expect(again.code).toBe(0)
  expect(again.receipt.ids).toMatchObject({ reused: 5 })
  expect(again.receipt.recovered.answers).toBe(1)
  expect(api.ledger.summary().calls).toBe(before)
})

function journalIn(data: string): string {
  const folder = join(data, 'state', 'journal')
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.journal'))!,
  )
}
