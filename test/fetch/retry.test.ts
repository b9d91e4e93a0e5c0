import { describe, expect, test } from 'vitest'
import { backoffMs, retryUntilFinal } from '../../src/fetch/retry.js'
import type { Outcome, OutcomeKind } from '../../src/model/outcome.js'

const outcomeOf = (kind: OutcomeKind): Outcome => ({ kind, code: kind, billed: 'no', message: kind })

/** Calls with these outcomes in turn; the last one stays. */
async function tried(
  kinds: readonly OutcomeKind[],
  policy: { attempts?: number; onAmbiguous?: 'retry' | 'hold' } = {},
): Promise<{ outcome: OutcomeKind; tries: number; waits: number[] }> {
  const waits: number[] = []
  let tries = 0
  const { kind } = await retryUntilFinal(
    { attempts: 5, onAmbiguous: 'retry', ...policy },
    {
      random: () => 0.5,
      wait: (ms) => {
        waits.push(ms)
        return Promise.resolve()
      },
    },
    (number) => {
      tries += 1
      expect(number).toBe(tries)
      return Promise.resolve(outcomeOf(kinds[Math.min(number, kinds.length) - 1]!))
    },
  )
  return { outcome: kind, tries, waits }
}

describe('an id is tried', () => {
  test.each<OutcomeKind>(['profile', 'empty', 'misdelivered', 'invalid', 'refused', 'stop'])(
    'once when the answer is %s',
    async (kind) => {
      expect(await tried([kind])).toEqual({ outcome: kind, tries: 1, waits: [] })
    },
  )

  test.each([1, 2, 5])('%i times when it fails each time', async (attempts) => {
    expect(await tried(['retry'], { attempts })).toMatchObject({ outcome: 'retry', tries: attempts })
  })

  test('until it succeeds', async () => {
    expect(await tried(['retry', 'retry', 'profile'])).toMatchObject({ outcome: 'profile', tries: 3 })
  })

  test('without end while it is throttled, which uses up no attempt', async () => {
    const throttled = Array<OutcomeKind>(50).fill('throttled')
    expect(await tried([...throttled, 'profile'], { attempts: 1 })).toMatchObject({ outcome: 'profile', tries: 51 })
    expect(await tried(['retry', ...throttled, 'retry'], { attempts: 2 })).toMatchObject({
      outcome: 'retry',
      tries: 52,
    })
    expect(
      await tried(['throttled', 'retry', 'throttled', 'retry', 'throttled', 'retry'], { attempts: 3 }),
    ).toMatchObject({ outcome: 'retry', tries: 6 })
  })

  test('twice where the endpoint seems not to have it, whatever else fails between', async () => {
    expect(await tried(['missing'])).toMatchObject({ outcome: 'missing', tries: 2 })
    expect(await tried(['missing', 'retry', 'throttled', 'missing'])).toMatchObject({ outcome: 'missing', tries: 4 })
    expect(await tried(['missing'], { attempts: 1 })).toMatchObject({ outcome: 'missing', tries: 1 })
    expect(await tried(['missing', 'profile'])).toMatchObject({ outcome: 'profile', tries: 2 })
  })

  test('once more when the call is ambiguous', async () => {
    expect(await tried(['ambiguous'])).toMatchObject({ outcome: 'ambiguous', tries: 2 })
    expect(await tried(['ambiguous', 'profile'])).toMatchObject({ outcome: 'profile', tries: 2 })
    expect(await tried(['retry', 'ambiguous', 'retry', 'ambiguous'])).toMatchObject({ outcome: 'ambiguous', tries: 4 })
    expect(await tried(['ambiguous'], { attempts: 1 })).toMatchObject({ outcome: 'ambiguous', tries: 1 })
  })

  test('not again when ambiguous calls are held', async () => {
    expect(await tried(['ambiguous'], { onAmbiguous: 'hold' })).toMatchObject({ outcome: 'ambiguous', tries: 1 })
    expect(await tried(['retry', 'ambiguous'], { onAmbiguous: 'hold' })).toMatchObject({
      outcome: 'ambiguous',
      tries: 2,
    })
  })
})

describe('waiting', () => {
  test('doubles with each failure, not with each throttling', async () => {
    expect((await tried(['retry'])).waits).toEqual([500, 1000, 2000, 4000])
    expect((await tried(['retry', 'throttled', 'throttled', 'retry', 'profile'])).waits).toEqual([500, 750, 750, 1000])
  })

  test('is anything from 0 to its bound, and the bound has a cap', () => {
    expect(backoffMs(1, () => 0)).toBe(0)
    expect(backoffMs(1, () => 0.999)).toBeCloseTo(999)
    expect(backoffMs(99, () => 1)).toBe(30_000)
  })
})

test('errors pass through, whatever they are', async () => {
  const policy = { attempts: 5, onAmbiguous: 'retry' } as const
  const effects = { random: () => 0, wait: () => Promise.resolve() }
  for (const error of [new Error('disk'), new TypeError('fetch failed'), new RangeError('bug')]) {
    let tries = 0
    const failing = retryUntilFinal(policy, effects, (number) => {
      tries += 1
      return number === 1 ? Promise.resolve(outcomeOf('retry')) : Promise.reject(error)
    })
    await expect(failing).rejects.toBe(error)
    expect(tries).toBe(2)
  }
  const stopped = new Error('stopped')
  const waiting = retryUntilFinal(policy, { ...effects, wait: () => Promise.reject(stopped) }, () =>
    Promise.resolve(outcomeOf('retry')),
  )
  await expect(waiting).rejects.toBe(stopped)
})
