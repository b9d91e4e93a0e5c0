import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { liveEffects } from '../../../src/core/effects.js'
import { openLearnedLimits } from '../../../src/fetch/limits/learnedLimits.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { enrich, simulator, TOKEN } from '../../support/simulated.js'

const upstream = { host: 'api.example.com', token: TOKEN }
const DAY = 86_400_000

function effectsAt(now = Date.now()) {
  const messages: string[] = []
  return { messages, effects: { ...liveEffects((_, message) => messages.push(message)), now: () => now } }
}

async function keep(path: string, now?: number): Promise<void> {
  const store = await openLearnedLimits(path, upstream, effectsAt(now).effects)
  await store.keep({ callsPerSecond: 49.876, inFlight: 40 })
}

describe('a learned limit', () => {
  test('is known to the next run with the same host and token', async () => {
    const path = join(temporaryFolder(), 'state', 'learned.json')
    await keep(path)
    const { effects } = effectsAt()
    expect((await openLearnedLimits(path, upstream, effects)).known).toEqual({ callsPerSecond: 49.88, inFlight: 40 })
    for (const other of [
      { ...upstream, token: `${TOKEN}x` },
      { ...upstream, host: 'cn.example.com' },
    ]) {
      const store = await openLearnedLimits(path, other, effects)
      expect(store.known).toEqual({ callsPerSecond: undefined, inFlight: undefined })
      await store.keep({ callsPerSecond: 5 })
    }
    expect((await openLearnedLimits(path, upstream, effects)).known.callsPerSecond).toBe(49.88)
    expect(Object.keys((JSON.parse(readFileSync(path, 'utf8')) as { upstreams: object }).upstreams)).toHaveLength(3)
  })

  test('is stored without token and host, under another name in each folder', async () => {
    const names = []
    for (let n = 0; n < 2; n += 1) {
      const path = join(temporaryFolder(), 'learned.json')
      await keep(path)
      const text = readFileSync(path, 'utf8')
      for (const secret of [TOKEN, encodeURIComponent(TOKEN), 'canary', upstream.host])
        expect(text).not.toContain(secret)
      names.push(Object.keys((JSON.parse(text) as { upstreams: object }).upstreams)[0])
    }
    expect(names[0]).not.toBe(names[1])
  })

  test('is ignored after a month, or when its time is in the future', async () => {
    const path = join(temporaryFolder(), 'learned.json')
    const now = Date.now()
    for (const [age, known] of [
      [29 * DAY, 49.88],
      [31 * DAY, undefined],
      [-2 * DAY, undefined],
    ] as const) {
      await keep(path, now - age)
      expect((await openLearnedLimits(path, upstream, effectsAt(now).effects)).known.callsPerSecond).toBe(known)
    }
    const store = await openLearnedLimits(path, { ...upstream, token: 'another-token' }, effectsAt(now).effects)
    await store.keep({ inFlight: 3 })
    expect(Object.keys((JSON.parse(readFileSync(path, 'utf8')) as { upstreams: object }).upstreams)).toHaveLength(1)
  })

  test.each([
    ['that is cut', (text: string) => text.slice(0, -9)],
    ['that is empty', () => ''],
    ['of another version', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['of another shape', () => '[]'],
    ['with a negative pace', (text: string) => text.replace('49.88', '-1')],
    ['with a text for a number', (text: string) => text.replace('49.88', '"fast"')],
    ['with an infinite one', (text: string) => text.replace('49.88', '1e999')],
  ])('in a file %s is ignored, and the file is written again', async (_, damage) => {
    const path = join(temporaryFolder(), 'learned.json')
    await keep(path)
    writeFileSync(path, damage(readFileSync(path, 'utf8')))
    const store = await openLearnedLimits(path, upstream, effectsAt().effects)
    expect(store.known).toEqual({ callsPerSecond: undefined, inFlight: undefined })
    await store.keep({ callsPerSecond: 7 })
    expect((await openLearnedLimits(path, upstream, effectsAt().effects)).known.callsPerSecond).toBe(7)
  })

  test('that cannot be written does not fail the run', async () => {
    const path = join(temporaryFolder(), 'learned.json')
    mkdirSync(path)
    const { effects, messages } = effectsAt()
    const store = await openLearnedLimits(path, upstream, effects)
    await store.keep({ callsPerSecond: 7 })
    expect(messages).toEqual([expect.stringContaining('are not kept')])
  })
})

test('a run keeps the limit for the next run, and reports it', async () => {
  const data = join(temporaryFolder(), 'data')
  const api = await simulator({ ratePerSecond: 60, burst: 10, latencyMs: 20 })
  const ids = Array.from({ length: 150 }, (_, n) => plainId(n))
  const list = writeList(temporaryFolder(), ids)
  const first = await enrich(list, data, api)
  expect(first.receipt.ids.enriched).toBe(150)
  expect(first.receipt.pace.limit_per_second).toBeGreaterThan(15)
  expect(first.receipt.pace.limit_per_second).toBeLessThan(120)
  expect(first.receipt.pace.calls_per_second).toBeGreaterThan(10)
  expect(first.receipt.pace.in_flight_limit).toBeNull()
  const refused = api.ledger.summary().codes['302']
  expect(refused).toBeGreaterThan(0)
  expect(readFileSync(join(data, 'state', 'learned.json'), 'utf8')).not.toContain('canary')
  const again = await enrich(list, data, api)
  expect(again.receipt.pace).toEqual({ calls_per_second: 0, limit_per_second: null, in_flight_limit: null })
})
