import { expect, test } from 'vitest'
import { chinese } from '../../../pipelines/xiaohongshu-user-profile/chinese.js'
import { derived } from '../../../pipelines/xiaohongshu-user-profile/columns/derived.js'
import { tiers } from '../../../pipelines/xiaohongshu-user-profile/tiers.js'

test('the Chinese name of each tier says its limits', () => {
  const names = chinese.values!['tier']!
  expect(Object.keys(names)).toEqual(tiers)
  for (const tier of tiers) {
    const [low, high] = names[tier]!.includes('<') ? ['0', /\d+/.exec(names[tier]!)![0]] : names[tier]!.match(/\d+/g)!
    const tierOf = (fans: bigint) => derived.tier.derive!({ fans }, {})
    expect(tierOf(BigInt(low) * 10_000n), names[tier]).toBe(tier)
    if (high !== undefined) expect(tierOf(BigInt(high) * 10_000n - 1n), names[tier]).toBe(tier)
    if (high !== undefined) expect(tierOf(BigInt(high) * 10_000n), names[tier]).not.toBe(tier)
  }
})
