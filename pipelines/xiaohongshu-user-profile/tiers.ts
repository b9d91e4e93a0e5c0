/** Names of the tiers, each with the follower count that it stays below, in rising order. */
const TIERS = [
  ['nano', 10_000n],
  ['micro', 100_000n],
  ['mid', 500_000n],
  ['macro', 1_000_000n],
] as const

const LARGEST_TIER = 'mega'

/** The values of the column `tier`, the smallest first. */
export const tiers: readonly string[] = [...TIERS.map(([name]) => name), LARGEST_TIER]

/** The tier of so many followers. */
export function tierOf(followers: bigint | null): string | null {
  if (followers === null) return null
  return TIERS.find(([, below]) => followers < below)?.[0] ?? LARGEST_TIER
}
